"""Pagination: which page to request next, which rows to deliver, when to stop trusting the server. Does no I/O."""
