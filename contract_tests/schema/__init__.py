"""The schema half: schemathesis makes up requests of every kind, and its checks look at the responses."""
