"""The contract suite: asks a server whether it keeps the promises of the traffic API's specification.

`declarations` is what the specification declares, `promises` the table of what it promises. `relations`, `operations`
and `schema` hold the tests, `oracle` computes what they expect, `wire` is the paced connection, and `report` writes the
verdicts. `mutants` are servers that are broken, or different, on purpose: they test the suite itself.
"""
