"""Compare two schemas: normal form first, then one file for each group of keywords."""
