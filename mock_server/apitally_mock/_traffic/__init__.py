"""How much traffic there was: generated from a seed, or read from a recording.

Both are a `Source`: they count what lies between two instants. Nothing here knows of zones, pages or HTTP.
"""
