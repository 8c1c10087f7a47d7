"""What the specification promises, as a table, and what a run found out about each entry of it."""
