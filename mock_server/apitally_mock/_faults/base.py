"""The base of all faults: options, and a change of one response."""

import json
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import replace
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict

from apitally_mock._api.tokens import Page
from apitally_mock._faults.response import Response


class Context(NamedTuple):
    """What a fault is told about the request."""

    number: int
    """The number of the request, counted from 1 since the last reset."""
    page: Page | None
    """The page that the API returned, or `None` if it returned something else."""
    now: int
    """The time of the API, in seconds since the epoch."""
    seen_tokens: deque[str]
    """Where the fault keeps tokens from one request to the next."""


class Fault(BaseModel, ABC):
    """A way for a response to go wrong. The fields are its options."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @abstractmethod
    def apply(self, response: Response, context: Context) -> Response | None:
        """Return the faulty response, or `None` if the fault does not apply to this response."""


class PageFault(Fault):
    """A fault in the content of a page; it does not apply to any other response."""

    def apply(self, response: Response, context: Context) -> Response | None:
        """Return the response with a changed page."""
        if context.page is None:
            return None
        try:
            content = json.loads(response.body)
        except ValueError:  # an earlier fault has replaced the body
            return None
        if not (isinstance(content, dict) and self.change(content, context.page, context)):
            return None
        return replace(response, body=json.dumps(content, separators=(",", ":")).encode())

    @abstractmethod
    def change(self, content: dict[str, Any], page: Page, context: Context) -> bool:
        """Change the decoded page in place; return whether there was something to change."""
