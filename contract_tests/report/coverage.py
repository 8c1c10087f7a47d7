"""Count which parameters, bounds and statuses of the specification a run has covered.

tracecov counts the same in more detail, but its licence is not approved by the OSI and restricts the use of its output
in services, so it is not used.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from contract_tests.declarations.specification import Operation
from contract_tests.exchange import Exchange

_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)


@dataclass(frozen=True)
class Mark:
    """One thing that the specification declares, and how often requests have met it.

    Attributes:
        place: the parameter or the status.
        keyword: the declared keyword.
        met: how many requests complied with it, at its limit if it has one.
        broken: how many violated it; `None` if nothing can.
    """

    place: str
    keyword: str
    met: int
    broken: int | None

    @property
    def is_covered(self) -> bool:
        """Whether the run has both complied with it and violated it."""
        return self.met > 0 and self.broken != 0


def parameter_marks(operations: Iterable[Operation], exchanges: Sequence[Exchange]) -> list[Mark]:
    """Count, for each parameter of the operations, its keywords."""
    marks = []
    for operation in operations:
        asked = [exchange for exchange in exchanges if operation.values_of(exchange.url) is not None]
        for (place, name), parameter in operation.parameters.items():
            values = [value for exchange in asked if (value := _value(operation, exchange, place, name)) is not None]
            label = _label(operation, name)
            for keyword, met, broken in _sides(operation.alternatives(name, place)):
                beyond = None if broken is None else sum(map(broken, values))
                marks.append(Mark(label, keyword, sum(map(met, values)), beyond))
            if not parameter.get("required"):
                marks.append(Mark(label, "left out", len(asked) - len(values), None))
    return marks


def status_marks(operations: Iterable[Operation], exchanges: Sequence[Exchange]) -> list[Mark]:
    """Count how often each documented status, and each other one, was returned."""
    marks = []
    for operation in operations:
        asked = [exchange for exchange in exchanges if operation.values_of(exchange.url) is not None]
        seen = Counter(str(exchange.status) for exchange in asked)
        said = {status: response["description"] for status, response in operation.responses.items()}
        said |= {status: "not documented" for status in sorted(seen) if status not in said}
        marks += [Mark(_label(operation, status), what, seen[status], None) for status, what in said.items()]
    return marks


def _label(operation: Operation, name: str) -> str:
    return name if operation.is_traffic else f"{operation.path} {name}"


def _value(operation: Operation, exchange: Exchange, place: str, name: str) -> str | None:
    given = operation.values_of(exchange.url) if place == "path" else exchange.parameters
    return (given or {}).get(name)


_Side = Callable[[str], bool]


def _sides(alternatives: Iterable[dict[str, Any]]) -> Iterator[tuple[str, _Side, _Side | None]]:
    for one in alternatives:
        match one:
            case {"type": "integer"}:
                yield "type: integer", _is_integer, partial(_fails, _is_integer)
            case {"type": "string", "format": "date-time"}:
                yield "format: date-time", _is_moment, partial(_fails, _is_moment)
            case {"type": "string", "enum": names}:
                for name in names:
                    yield f"enum: {name}", partial(_equals, name), None
                is_name = partial(_is_among, names)
                yield "enum", is_name, partial(_fails, is_name)
            case {"type": "string"}:
                yield "type: string", partial(_is_longer, -1), None
        if "minimum" in one:
            yield f"minimum: {one['minimum']}", partial(_equals, str(one["minimum"])), partial(_is_less, one["minimum"])
        if "maximum" in one:
            yield f"maximum: {one['maximum']}", partial(_equals, str(one["maximum"])), partial(_is_more, one["maximum"])
        if "maxLength" in one:
            yield (
                f"maxLength: {one['maxLength']}",
                partial(_is_long, one["maxLength"]),
                partial(_is_longer, one["maxLength"]),
            )


def _is_integer(value: str) -> bool:
    return bool(_INTEGER.fullmatch(value))


def _is_moment(value: str) -> bool:
    return bool(_MOMENT.fullmatch(value))


def _fails(side: _Side, value: str) -> bool:
    return not side(value)


def _equals(expected: str, value: str) -> bool:
    return value == expected


def _is_among(names: Sequence[str], value: str) -> bool:
    return value in names


def _is_less(bound: int, value: str) -> bool:
    return _is_integer(value) and float(value) < bound


def _is_more(bound: int, value: str) -> bool:
    return _is_integer(value) and float(value) > bound


def _is_long(length: int, value: str) -> bool:
    return len(value) == length


def _is_longer(length: int, value: str) -> bool:
    return len(value) > length
