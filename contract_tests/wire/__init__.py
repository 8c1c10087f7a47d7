"""The connection to the server under test: paced, counted, recorded. What responses mean is left to `oracle`."""
