"""Ask the server under test for traffic and listings, and read the responses with `oracle`."""
