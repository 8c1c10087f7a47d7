"""What the client costs and saves, measured against what a user would do instead.

`nox -s bench` runs all of it, `nox -s bench -- year_of_hours` a part. Every figure is a ratio of things that were
measured side by side in one run, taking turns, because seconds depend on the machine. Nothing here is a test: a test
asserts no time.
"""
