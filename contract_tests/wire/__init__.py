"""The connection to the server under test: paced, counted, recorded. What answers mean is left to `oracle`."""
