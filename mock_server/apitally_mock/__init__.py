"""A mock server of the Apitally traffic API: faithful by default, and out of order on request."""

from apitally_mock.control.journal import JournalEntry
from apitally_mock.server import MockServer, MockServerError
from apitally_mock.settings import App

__all__ = ["App", "JournalEntry", "MockServer", "MockServerError"]
