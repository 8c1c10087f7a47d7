"""A mock server of the Apitally traffic API: correct by default, and faulty on request."""

from apitally_mock._control.journal import JournalEntry
from apitally_mock.errors import MockServerError
from apitally_mock.server import MockServer
from apitally_mock.settings import App

__all__ = ["App", "JournalEntry", "MockServer", "MockServerError"]
