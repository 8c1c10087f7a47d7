"""Time windows: hours and days of any timezone, and the forms in which a caller writes times. Does no I/O."""
