"""The traffic that is served: generated from a seed, or read from a recording.

Both are a `Source`, which counts the traffic between two instants. Nothing here knows of zones, pages or HTTP.
"""
