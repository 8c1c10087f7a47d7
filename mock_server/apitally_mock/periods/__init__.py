"""Time as the API speaks of it: instants, zones, the hours and days of a zone, and the window of a query.

Everything here is a pure function of its arguments, in whole seconds since 1970-01-01T00:00:00Z. Nothing here knows of
traffic or of HTTP.
"""
