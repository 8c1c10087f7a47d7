"""What every fault is: options, and a change of one answer."""

import json
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import replace
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict

from apitally_mock.api.rows import Page
from apitally_mock.api.token import Tokens
from apitally_mock.control.reply import Reply


class Occasion(NamedTuple):
    """What a fault can know of the request that it spoils the answer to."""

    number: int
    """Which request since the last reset this is, counted from 1."""
    page: Page | None
    """The page that the API gave, or `None` if it gave an error."""
    tokens: Tokens
    handed_out: deque[str]
    """Where the faults of one injection remember tokens from one request to the next."""


class Fault(BaseModel, ABC):
    """A way for an answer to go wrong. The fields are its options."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @abstractmethod
    def apply(self, reply: Reply, occasion: Occasion) -> Reply | None:
        """Give the answer as it goes wrong, or `None` if this fault cannot befall this answer."""


class PageFault(Fault):
    """A fault in the content of a page; it passes over every other answer."""

    def apply(self, reply: Reply, occasion: Occasion) -> Reply | None:
        """Change the content of a page."""
        if occasion.page is None:
            return None
        try:
            content = json.loads(reply.body)
        except ValueError:  # another fault was here before
            return None
        if not (isinstance(content, dict) and self.change(content, occasion.page, occasion)):
            return None
        return replace(reply, body=json.dumps(content, separators=(",", ":")).encode())

    @abstractmethod
    def change(self, content: dict[str, Any], page: Page, occasion: Occasion) -> bool:
        """Change the decoded page in place; say whether there was something to change."""
