"""Which parameters, bounds and statuses of the specification a run has met: our own count.

tracecov counts the same more finely; its licence is none that the OSI has approved, and keeps its output from third
parties that a service serves, so it is left out.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import unquote, urlsplit

from contract_tests.schema.spec import PATH
from contract_tests.wire.exchange import Exchange

_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)


@dataclass(frozen=True)
class Mark:
    """One thing that the specification declares, and how often requests have met it.

    Attributes:
        place: the parameter or the status.
        keyword: what is declared of it.
        met: how many requests kept to it, at its very edge where it has one.
        broken: how many went beyond it; `None` where nothing can.
    """

    place: str
    keyword: str
    met: int
    broken: int | None

    @property
    def is_covered(self) -> bool:
        """Whether the run has seen both sides."""
        return self.met > 0 and self.broken != 0


def parameter_marks(spec: dict[str, Any], exchanges: Sequence[Exchange]) -> list[Mark]:
    """Count, for each parameter of the traffic endpoint, its keywords."""
    marks = []
    for parameter in spec["paths"][PATH]["get"]["parameters"]:
        name = parameter["name"]
        values = [value for exchange in exchanges if (value := _value(exchange, name)) is not None]
        for keyword, met, broken in _sides(parameter["schema"]):
            marks.append(
                Mark(name, keyword, sum(map(met, values)), None if broken is None else sum(map(broken, values)))
            )
        if not parameter.get("required"):
            marks.append(Mark(name, "left out", len(exchanges) - len(values), None))
    return marks


def status_marks(spec: dict[str, Any], exchanges: Sequence[Exchange]) -> list[Mark]:
    """Count how often each documented status, and each other one, was answered."""
    seen = Counter(str(exchange.status) for exchange in exchanges)
    documented = spec["paths"][PATH]["get"]["responses"]
    marks = [Mark(status, answer["description"], seen.pop(status, 0), None) for status, answer in documented.items()]
    return marks + [Mark(status, "not documented", count, None) for status, count in sorted(seen.items())]


def _value(exchange: Exchange, name: str) -> str | None:
    if name == "app_id":
        return unquote(urlsplit(exchange.url).path.split("/")[-2])
    return exchange.parameters.get(name)


_Side = Callable[[str], bool]


def _sides(schema: dict[str, Any]) -> Iterator[tuple[str, _Side, _Side | None]]:
    for one in schema.get("anyOf", [schema]):
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
    return _is_integer(value) and int(value) < bound


def _is_more(bound: int, value: str) -> bool:
    return _is_integer(value) and int(value) > bound


def _is_long(length: int, value: str) -> bool:
    return len(value) == length


def _is_longer(length: int, value: str) -> bool:
    return len(value) > length
