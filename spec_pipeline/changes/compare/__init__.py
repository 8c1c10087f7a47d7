"""Find what differs between two documents: pure functions, one file for each part of an OpenAPI document."""
