"""Filters of an operation, with values that its records have."""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import zip_longest

from contract_tests.declarations.parameter import Parameter
from contract_tests.operations.each import Asked
from contract_tests.reading.listing import Listing, utc_text
from contract_tests.reading.record import Record

_MAX_FILTERS = 8
_PATTERN = re.compile(r"[*,{}<>]")


@dataclass(frozen=True)
class Filter:
    """A parameter with a value.

    Attributes:
        parameter: what is declared of it.
        value: the value.
        is_of_field: whether the records have a field of the same name, and one of them has this value in it.
    """

    parameter: Parameter
    value: str
    is_of_field: bool = False

    @property
    def is_about_records(self) -> bool:
        """Whether it can only select records: another parameter may say what a record is, such as an interval."""
        return self.is_of_field or self.parameter.is_id or self.parameter.is_moment

    @property
    def query(self) -> dict[str, str]:
        """The filter as a query."""
        return {self.parameter.name: self.value}

    def has(self, record: Record) -> bool:
        """Return whether a record has the value in the field of the same name."""
        return record.text(self.parameter.name) == self.value

    def may_have(self, record: Record) -> bool:
        """Return whether a record may match the filter under the widest interpretation."""
        text = record.text(self.parameter.name)
        return text is None or self.value.casefold() in text.casefold()

    def __str__(self) -> str:
        return f"{self.parameter.name}={self.value}"


def filters_of(asked: Asked, listing: Listing) -> list[Filter]:
    """Return filters for the records of a listing, at most two for each parameter, the most selective first."""
    free = [one for one in asked.operation.optional if one.name not in listing.filters and not one.has_default]
    rounds = zip_longest(*(_filters(asked, listing, parameter) for parameter in free))
    # Each parameter before the second value of any.
    return [one for found in rounds for one in found if one is not None][:_MAX_FILTERS]


def _filters(asked: Asked, listing: Listing, parameter: Parameter) -> list[Filter]:
    records = listing.whole().records
    if parameter.is_moment:
        middles = [sorted(instants)[len(instants) // 2] for instants in listing.moments().values() if instants]
        return [Filter(parameter, utc_text(instant)) for instant in reversed(middles)][:2]
    texts = (record.text(parameter.name) for record in records)
    # A server may read what looks like a list or a pattern as one.
    counts = Counter(text for text in texts if text is not None and not _PATTERN.search(text))
    # Prefer a value that only some records have, and that leaves enough of them for two pages.
    some = [value for value, count in counts.most_common() if count < len(records)]
    if some:
        return [Filter(parameter, value, is_of_field=True) for value in dict.fromkeys((some[0], some[-1]))]
    if parameter.names:
        return [Filter(parameter, value) for value in parameter.names[:2]]
    known = asked.run.endpoints.values_of(parameter.name, asked.operation)
    shown = () if parameter.is_id or parameter.is_date else parameter.examples
    return [Filter(parameter, value) for value in (*known, *shown)[:1]]
