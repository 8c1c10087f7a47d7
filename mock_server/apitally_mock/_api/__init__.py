"""The API itself, as the spec and its prose describe it, over any source of traffic.

It responds correctly and nothing else; rate limits, faults, latency and the journal are added by `_control`.
"""
