"""Servers to test the suite with: a correct one, many that break one promise each, and correct ones that differ.

`reference` is the correct one, `broken` and `different` are the catalogues, `run` compares the suite with all of them.
"""
