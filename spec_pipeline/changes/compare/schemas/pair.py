"""What a comparison of schemas passes around."""

from typing import NamedTuple, Protocol

from spec_pipeline.changes.compare.schemas.schema import Schema
from spec_pipeline.changes.compare.schemas.written import Raw
from spec_pipeline.openapi.references import Spec


class Pair(NamedTuple):
    """Two schemas that stand at the same place; those of a branch leave null and the default to the whole."""

    old: Raw
    new: Raw
    scope: str
    place: str
    branch: bool = False


class Side(NamedTuple):
    """One of two schemas that are compared: its document, as it is written, and in normal form."""

    spec: Spec
    raw: Raw
    schema: Schema


class Covers(Protocol):
    """Tells whether each value that the second schema accepts is proven to be accepted by the first."""

    def __call__(self, wide: tuple[Spec, Raw], narrow: tuple[Spec, Raw], *, branch: bool = False) -> bool:
        """Return whether it is proven; with `branch`, null is left to the whole."""
