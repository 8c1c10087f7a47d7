"""The schema half: schemathesis makes requests of every kind out of the specification, and its checks look at the answers."""
