"""A part of a document that the generator writes wrongly, and the sentence that refuses such parts."""

from collections.abc import Sequence
from typing import NamedTuple

_MAX_LIMITS = 5


class Limit(NamedTuple):
    """A part of a document that the generator writes wrongly, without a warning.

    Attributes:
        place: the operation and what is meant of it, or the pointer to a schema.
        fault: what would be wrong in the generated client.
        cure: a sentence that says what to do.
    """

    place: str
    fault: str
    cure: str


def refusal(limits: Sequence[Limit]) -> str:
    """Return what would be wrong, and how to correct it, on one line."""
    shown = list(dict.fromkeys(limits))
    more = f"; and {len(shown) - _MAX_LIMITS} more" if len(shown) > _MAX_LIMITS else ""
    listed = "; ".join(f"{limit.place}: {limit.fault}" for limit in shown[:_MAX_LIMITS]) + more
    cures = " ".join(dict.fromkeys(limit.cure for limit in shown[:_MAX_LIMITS]))
    return f"openapi-python-client would generate a client that is wrong: {listed}. {cures}"
