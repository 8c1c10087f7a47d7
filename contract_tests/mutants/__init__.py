"""Servers that test the suite: a plain correct one, many that break one promise each, some that are only different.

`reference` is the correct one, `broken` and `different` are the catalogues, `run` holds the suite against all of them.
"""
