"""Any operation of the generated client: raw functions with our transports, pagination, and checks of responses."""
