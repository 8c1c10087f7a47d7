"""Time as the API defines it: parsing, time zones, hours and days of a zone, and the window of a query.

Pure functions, in whole seconds since 1970-01-01T00:00:00Z. Nothing here knows of traffic or of HTTP.
"""
