"""A part of a document that the generator writes wrongly."""

from typing import NamedTuple


class Limitation(NamedTuple):
    """A part of a document that the generator writes wrongly, without a warning.

    Attributes:
        place: the operation and what is meant of it, or the pointer to a schema or another component.
        fault: what would be wrong in the generated client.
        cure: a sentence that says what to do.
        operation: the operation that refers to the component; empty where the place is no shared component.
    """

    place: str
    fault: str
    cure: str
    operation: str = ""
