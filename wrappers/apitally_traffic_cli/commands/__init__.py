"""The commands, one module each. A module declares its options, and imports what it needs when the command runs."""
