"""The values that the text of a header may stand for: what a header is written in depends on its schema."""

import json
from collections.abc import Iterator
from typing import Any


def header_values(text: str) -> Iterator[Any]:
    """Return what a header may mean, the most specific value first: one of them has to be valid.

    Args:
        text: the value of the header, as it was received.
    """
    yield from _scalars(text)
    items = [item.strip() for item in text.split(",")]
    yield [next(_scalars(item)) for item in items]
    yield items


def _scalars(text: str) -> Iterator[Any]:
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        pass
    else:
        if isinstance(value, bool | int | float):
            yield value
    yield text


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
