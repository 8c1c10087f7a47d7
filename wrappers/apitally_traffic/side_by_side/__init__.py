"""Read several parts of a window at a time, take the results in order, and leave nothing running behind."""
