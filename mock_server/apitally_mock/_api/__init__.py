"""The API itself, as the spec and its prose describe it, over any source of traffic.

Its responses are always correct. Rate limits, faults, latency and the journal are added by `_control`.
"""
