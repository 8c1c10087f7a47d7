"""Asks the server under test for traffic and listings, and reads the responses with `oracle`."""
