"""The tests of traffic: relations between requests and responses that hold for every correct server."""
