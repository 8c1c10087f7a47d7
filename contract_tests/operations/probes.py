"""Values for a parameter, from its declaration: valid, clearly invalid, and odd."""

from collections.abc import Iterator

from contract_tests.declarations.parameter import Parameter, as_text

_ODD_TEXTS = ("x,", "(", "\x00", "💥", "")
_ODD_MOMENTS = ("", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2016-12-31T23:59:60Z")
_ODD_INTEGERS = ("9223372036854775808", "", "٣")
_ODD_TOKENS = ("", "e30", "\x00")


def within(parameter: Parameter, known: list[str], moment: str) -> list[str]:
    """Return values that every correct server accepts.

    Args:
        parameter: what is declared.
        known: values that this server knows; it may refuse any other id.
        moment: a date-time of the last hours: an older one may be out of reach.
    """
    if parameter.is_id:
        return known[:1]
    if parameter.is_moment or parameter.is_date:
        return [moment if parameter.is_moment else moment[:10]]
    if parameter.names:
        return list(parameter.names)
    if parameter.is_boolean:
        return ["true", "false"]
    if parameter.is_number:
        return [as_text(bound) for bound in dict.fromkeys(_bounds(parameter))]
    return [*known[:1], *parameter.examples[:2]]


def _bounds(parameter: Parameter) -> Iterator[float]:
    """Yield the smallest and the largest valid number, as far as they are declared, and there is one."""
    step = parameter.bound("multipleOf") or (1 if parameter.is_integer else None)
    for keyword, direction in {"minimum": 1, "maximum": -1}.items():
        closed, exclusive = parameter.bound(keyword), parameter.bound(f"exclusive{keyword.capitalize()}")
        if step is None:
            if closed is not None and exclusive is None:
                yield closed
            continue
        steps = [-(-direction * closed // step)] if closed is not None else []
        if exclusive is not None:
            steps.append(direction * exclusive // step + 1)
        if steps:
            yield direction * max(steps) * step


def out_of_bounds(parameter: Parameter) -> Iterator[str]:
    """Return values that violate the declaration under any interpretation."""
    if parameter.is_moment or parameter.is_date:
        yield from ("not-a-date", "2026-02-30T00:00:00Z" if parameter.is_moment else "2026-02-30")
    elif parameter.is_number:
        minimum, maximum = parameter.bound("minimum"), parameter.bound("maximum")
        yield from ("abc", "1.5") if parameter.is_integer else ("abc",)
        yield from (as_text(minimum - step) for step in (1, 2) if minimum is not None)
        yield from (as_text(maximum + step) for step in (1, 99_000) if maximum is not None)
        exclusive = (parameter.bound("exclusiveMinimum"), parameter.bound("exclusiveMaximum"))
        yield from (as_text(bound) for bound in exclusive if bound is not None)
    elif parameter.is_boolean:
        yield "neither"
    elif parameter.names:
        first = parameter.names[0]
        yield from (name for name in ("no-such-name", f"{first}s", first.swapcase()) if name not in parameter.names)
    elif any(schema.get("format") == "uuid" for schema in parameter.alternatives):
        yield from ("not-a-uuid", "0")
    elif (longest := parameter.bound("maxLength")) is not None:
        yield "a" * (int(longest) + 1)


def odd(parameter: Parameter) -> tuple[str, ...]:
    """Return values to which a server may respond with anything except a 5xx."""
    if parameter.name == "next_token":
        return _ODD_TOKENS
    if parameter.is_moment:
        return _ODD_MOMENTS
    return _ODD_INTEGERS if parameter.is_number else _ODD_TEXTS
