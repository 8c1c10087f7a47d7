"""The contract suite: asks a server whether it keeps the promises of the traffic API's specification.

`promises` is the table of what is promised, `relations` and `schema` hold the tests, `oracle` the independent
arithmetic that they judge responses by, `wire` the paced connection, `report` the verdicts. `mutants` are servers that
are broken, or different, on purpose: they test the suite itself.
"""
