"""The independent second opinion: calendar arithmetic on zoneinfo alone, and what any page of traffic must satisfy.

Nothing here uses the client's, the wrappers' or the mock server's code.
"""
