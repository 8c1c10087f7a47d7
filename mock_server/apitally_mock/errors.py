"""What a mock server raises."""


class MockServerError(RuntimeError):
    """The mock server could not be started, is not running or does not respond; the message says which and why."""
