"""The API itself: its one endpoint as the spec and its prose describe it, over any source of traffic.

It answers correctly and nothing else; limits, faults, delays and the journal are laid around it by `control`.
"""
