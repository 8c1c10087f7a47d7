"""Faults in the content of a page: its types, its fields, its rows and its tokens."""

# ruff: noqa: ARG002 - few faults need the page or the context

from typing import Any, Literal

from pydantic import Field

from apitally_mock._api.tokens import Page
from apitally_mock._faults.base import Context, PageFault

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
    """Return the object that has the field: the page, or the first row that has it."""
    if field in content:
        return content
    return next((row for row in content.get("data") or [] if field in row), None)


class WrongType(PageFault):
    """Set a field of the page, or of its first row, to a value of the wrong type."""

    field: _FieldName = Field("requests", description="name of the field")
    value: Any = Field("NaN", description="its value")

    def change(self, content: dict[str, Any], page: Page, context: Context) -> bool:
        """Set the field."""
        holder = _holder(content, self.field)
        if holder is not None:
            holder[self.field] = self.value
        return holder is not None


class MissingField(PageFault):
    """Remove a field from the page, or from its first row."""

    field: _FieldName = Field("requests", description="name of the field")

    def change(self, content: dict[str, Any], page: Page, context: Context) -> bool:
        """Remove the field."""
        holder = _holder(content, self.field)
        if holder is not None:
            del holder[self.field]
        return holder is not None


class HasMoreWithoutToken(PageFault):
    """Set `has_more` without a token."""

    def change(self, content: dict[str, Any], page: Page, context: Context) -> bool:
        """Set `has_more`, and remove the token."""
        content |= {"has_more": True, "next_token": None}
        return True


class RepeatedToken(PageFault):
    """Return the token that leads to this very page."""

    def change(self, content: dict[str, Any], page: Page, context: Context) -> bool:
        """Set the token to the one of this page."""
        content |= {"has_more": True, "next_token": page.make_own_token(0)}
        return True


class TokenCycle(PageFault):
    """Repeat the first tokens, so that the cursor runs in a cycle."""

    length: int = Field(2, ge=1, description="number of tokens in the cycle")

    def change(self, content: dict[str, Any], page: Page, context: Context) -> bool:
        """Keep the first tokens, then return them in turn."""
        tokens = context.seen_tokens
        if len(tokens) < self.length and content.get("next_token"):
            tokens.append(content["next_token"])
        elif tokens:
            content |= {"has_more": True, "next_token": tokens[0]}
            tokens.rotate(-1)
        return bool(tokens)


class DuplicatedRows(PageFault):
    """Return the last rows of the page twice."""

    rows: int = Field(1, ge=1, description="number of rows")

    def change(self, content: dict[str, Any], page: Page, context: Context) -> bool:
        """Repeat the last rows."""
        content["data"] += content["data"][-self.rows :]
        return bool(content["data"])


class SkippedRows(PageFault):
    """Remove rows from the middle of the page."""

    rows: int = Field(1, ge=1, description="number of rows")

    def change(self, content: dict[str, Any], page: Page, context: Context) -> bool:
        """Remove rows from the middle."""
        had_rows = bool(content["data"])
        middle = len(content["data"]) // 2
        del content["data"][middle : middle + self.rows]
        return had_rows


class EmptyPage(PageFault):
    """Return no rows, and a new token that leads to them, so that a client that follows it loses nothing."""

    def change(self, content: dict[str, Any], page: Page, context: Context) -> bool:
        """Remove the rows, and set a new token for them."""
        token = page.make_own_token(context.number)
        content |= {"data": [], "has_more": True, "next_token": token}
        return True
