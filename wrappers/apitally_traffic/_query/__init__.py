"""Queries: read a time window, several slices at a time, and collect the items."""
