"""Pure time arithmetic: what a caller may write for a moment, where periods begin, and the window of a query."""
