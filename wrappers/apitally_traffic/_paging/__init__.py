"""Decide, without I/O, which page to request next, which rows to deliver, and which responses to reject."""
