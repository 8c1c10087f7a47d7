"""The formats of `get`, one module each; the table of them is in catalogue.py."""
