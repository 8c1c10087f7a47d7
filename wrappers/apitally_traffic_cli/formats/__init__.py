"""The formats of `get`, one module each, listed in catalogue.py."""
