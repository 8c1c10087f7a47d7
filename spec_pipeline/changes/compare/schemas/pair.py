"""The arguments of a comparison of schemas."""

from typing import NamedTuple, Protocol

from spec_pipeline.changes.compare.schemas.schema import Schema
from spec_pipeline.changes.compare.schemas.written import Raw
from spec_pipeline.openapi.references import Spec


class Pair(NamedTuple):
    """Two schemas of one location.

    Attributes:
        old: the old schema.
        new: the new schema.
        scope: which kind of location it is.
        place: where it is, relative to the schemas that are compared.
        branch: whether they are alternatives; their null and default are compared by the enclosing schema.
        typed: whether code for the old schema meets the code that is generated for the new one.
    """

    old: Raw
    new: Raw
    scope: str
    place: str
    branch: bool = False
    typed: bool = True


class Side(NamedTuple):
    """One of two schemas that are compared: its document, as it is written, and in normal form."""

    spec: Spec
    raw: Raw
    schema: Schema


class Covers(Protocol):
    """A function that returns whether the first schema is proven to accept each value that the second accepts."""

    def __call__(self, wide: tuple[Spec, Raw], narrow: tuple[Spec, Raw], *, branch: bool = False) -> bool:
        """Return whether it is proven; with `branch`, null is not considered."""
