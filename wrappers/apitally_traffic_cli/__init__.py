"""The command `apitally-traffic`.

It is a separate package in the same wheel, because importing any module of `apitally_traffic` first imports its public
names, and with them httpx and the decoder. Shell completion and `--help` should not have to wait for that. So every
module that is imported before a command runs only imports click and the standard library; a command imports the rest
when it needs it.

Imports point one way: this package uses the public names of `apitally_traffic`, which does not depend on it. It has no
Python interface: use `apitally_traffic` from Python.
"""
