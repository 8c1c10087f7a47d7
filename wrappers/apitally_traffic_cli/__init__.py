"""The command `apitally-traffic`.

It is a package of its own, beside `apitally_traffic` and in the same wheel, because importing any module of
`apitally_traffic` imports its public names first, and with them httpx and the decoder. A shell that completes a word,
or a person who reads `--help`, should not wait for that. So every module that is imported before a command runs imports
click and the standard library alone; the rest is imported by the command that needs it.

Imports point one way: this package uses the public names of `apitally_traffic`, which knows nothing of it. It has no
Python interface of its own: use `apitally_traffic` from Python.
"""
