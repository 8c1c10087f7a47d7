"""Support any operation of the generated client: our transports, pagination, and checks of responses."""
