"""What the specification declares: its operations and their parameters, in the form that the suite asks about."""
