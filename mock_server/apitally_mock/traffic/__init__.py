"""How much traffic there was: made up from a seed, or read from a recording.

Both are a `Source`: a count of whatever lies between two instants. Nothing here knows of zones, pages or HTTP.
"""
