"""Servers that test the suite: a plain correct one, many that break one promise each, some that are only different.

`reference` is the correct one, `broken` and `different` are the catalogues, `run` compares the suite with all of them.
"""
