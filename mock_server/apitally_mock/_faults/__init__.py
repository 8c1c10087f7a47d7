"""Faults: what can go wrong with a response, and which requests it happens to."""
