"""Faults in the content of a page: its types, its fields, its rows and its tokens."""

# ruff: noqa: ARG002 - few faults need all that there is to know

from typing import Any, Literal

from pydantic import Field

from apitally_mock.api.rows import Page
from apitally_mock.control.faults.fault import Occasion, PageFault

_FieldName = Literal[
    "period_start",
    "period_end",
    "requests",
    "bytes_received",
    "bytes_sent",
    "data",
    "has_more",
    "next_token",
]


def _holder(content: dict[str, Any], field: _FieldName) -> dict[str, Any] | None:
    """Give what has the field: the page, or its first row if there is one."""
    if field in content:
        return content
    return next((row for row in content.get("data") or [] if field in row), None)


class WrongType(PageFault):
    """Give a field of the page, or of its first row, a value of the wrong type."""

    field: _FieldName = Field("requests", description="which field")
    value: Any = Field("NaN", description="its value")

    def change(self, content: dict[str, Any], page: Page, occasion: Occasion) -> bool:
        """Give the field its value."""
        holder = _holder(content, self.field)
        if holder is not None:
            holder[self.field] = self.value
        return holder is not None


class MissingField(PageFault):
    """Leave a field out of the page, or out of its first row."""

    field: _FieldName = Field("requests", description="which field")

    def change(self, content: dict[str, Any], page: Page, occasion: Occasion) -> bool:
        """Leave the field out."""
        holder = _holder(content, self.field)
        if holder is not None:
            del holder[self.field]
        return holder is not None


class HasMoreWithoutToken(PageFault):
    """Say that there is more, but not how to get it."""

    def change(self, content: dict[str, Any], page: Page, occasion: Occasion) -> bool:
        """Say that there is more, without a token."""
        content |= {"has_more": True, "next_token": None}
        return True


class RepeatedToken(PageFault):
    """Give the token that leads to this very page."""

    def change(self, content: dict[str, Any], page: Page, occasion: Occasion) -> bool:
        """Give the token of this page."""
        content |= {"has_more": True, "next_token": occasion.tokens.make(*page.place)}
        return True


class TokenCycle(PageFault):
    """Lead the client around in a circle: the first tokens are real, and then come again and again."""

    length: int = Field(2, ge=1, description="how many tokens there are in the circle")

    def change(self, content: dict[str, Any], page: Page, occasion: Occasion) -> bool:
        """Remember the first tokens, then hand them out in turn."""
        tokens = occasion.handed_out
        if len(tokens) < self.length and content.get("next_token"):
            tokens.append(content["next_token"])
        elif tokens:
            content |= {"has_more": True, "next_token": tokens[0]}
            tokens.rotate(-1)
        return bool(tokens)


class DuplicatedRows(PageFault):
    """Give the last rows of the page twice."""

    rows: int = Field(1, ge=1, description="how many")

    def change(self, content: dict[str, Any], page: Page, occasion: Occasion) -> bool:
        """Give the last rows twice."""
        content["data"] += content["data"][-self.rows :]
        return bool(content["data"])


class SkippedRows(PageFault):
    """Leave out rows from the middle of the page."""

    rows: int = Field(1, ge=1, description="how many")

    def change(self, content: dict[str, Any], page: Page, occasion: Occasion) -> bool:
        """Leave out rows from the middle."""
        had_rows = bool(content["data"])
        middle = len(content["data"]) // 2
        del content["data"][middle : middle + self.rows]
        return had_rows


class EmptyPage(PageFault):
    """Give no rows, and a new token that leads to them. A patient client loses nothing."""

    def change(self, content: dict[str, Any], page: Page, occasion: Occasion) -> bool:
        """Give no rows and a new token."""
        token = occasion.tokens.make(*page.place, salt=occasion.number)
        content |= {"data": [], "has_more": True, "next_token": token}
        return True
