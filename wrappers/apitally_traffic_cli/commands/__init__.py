"""The commands, one module each. A module declares its options, and imports other libraries when the command runs."""
