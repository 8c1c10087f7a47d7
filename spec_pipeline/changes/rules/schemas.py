"""The rules about schemas: each change of a keyword, in each of the places where a schema can stand.

A row says what the change does to the set of admitted values; the levels follow from the direction of the place. A new
keyword is one more row, and a level that differs from oasdiff's is one more entry of `_OVERRIDES`.
"""

from typing import NamedTuple

from spec_pipeline.changes.rules.rule import Direction, Effect, Level, Rule, derived_level

NARROWS, WIDENS, INCOMPARABLE, UNKNOWN, NONE = Effect

# The places of schemas, as ids begin, with the direction in which the values travel.
SCOPES = {
    "request-parameter": Direction.REQUEST,
    "request-body": Direction.REQUEST,
    "request-property": Direction.REQUEST,
    "response-body": Direction.RESPONSE,
    "response-property": Direction.RESPONSE,
    "response-header": Direction.RESPONSE,
}

# The name of each bound in ids, and whether a smaller value admits less.
BOUNDS = {
    "maximum": ("max", True),
    "minimum": ("min", False),
    "exclusiveMaximum": ("exclusive-max", True),
    "exclusiveMinimum": ("exclusive-min", False),
    "maxLength": ("max-length", True),
    "minLength": ("min-length", False),
    "maxItems": ("max-items", True),
    "minItems": ("min-items", False),
    "maxProperties": ("max-properties", True),
    "minProperties": ("min-properties", False),
}


class _Row(NamedTuple):
    suffix: str
    effect: Effect
    sentence: str
    send: str = ""
    read: str = ""
    only: Direction | None = None


_ROWS = [
    _Row(
        "type-changed",
        INCOMPARABLE,
        "The type or format is another.",
        send="Send values of the new type.",
        read="Read values of the new type.",
    ),
    _Row("type-generalized", WIDENS, "The type or format admits more.", only=Direction.REQUEST),
    _Row("type-specialized", NARROWS, "The type or format admits less.", only=Direction.RESPONSE),
    _Row(
        "format-narrowed",
        UNKNOWN,
        "The format is another, or admits less; Python has the same type for it.",
        send="Check that what you send has the format: a server may refuse what has not.",
        read="Nothing, unless you count on the old format of what comes.",
    ),
    _Row(
        "format-widened",
        WIDENS,
        "The format admits more, or is one that refuses nothing; Python has the same type for it.",
        read="Nothing, unless you count on the old format of what comes.",
    ),
    _Row(
        "python-type-changed",
        NONE,
        "The generated code has another Python type for it.",
        send="Pass values of the new type.",
        read="Read values of the new type.",
    ),
    _Row("became-nullable", WIDENS, "It may be null now.", read="Handle None where this is read."),
    _Row("became-not-nullable", NARROWS, "It may not be null any more.", send="Leave it out instead of sending null."),
    _Row(
        "enum-value-added",
        WIDENS,
        "There is one more value to choose from.",
        read="Handle the new value where it is read.",
    ),
    _Row("enum-value-removed", NARROWS, "One of the values is gone.", send="Send one of the values that are left."),
    _Row(
        "enum-values-replaced",
        INCOMPARABLE,
        "None of the values is left; there are others.",
        send="Send one of the new values.",
        read="Read the new values.",
    ),
    _Row(
        "became-enum",
        NARROWS,
        "Only the listed values are admitted now.",
        send="Send one of the listed values.",
        read="Check code that counts on a plain type: the generated type is an enum.",
    ),
    _Row(
        "became-not-enum",
        WIDENS,
        "Other values than the listed ones are admitted now.",
        send="Check code that imports the generated enum: it is gone. All that was accepted still is.",
    ),
    _Row("pattern-added", NARROWS, "It has to match a pattern now.", send="Send values that match the pattern."),
    _Row("pattern-removed", WIDENS, "It has no pattern to match any more."),
    _Row(
        "pattern-changed", UNKNOWN, "The pattern is another.", send="Check that what you send matches the new pattern."
    ),
    _Row("multiple-of-set", NARROWS, "It has to be a multiple now.", send="Send multiples of the number."),
    _Row("multiple-of-unset", WIDENS, "It need not be a multiple any more."),
    _Row("multiple-of-narrowed", NARROWS, "It has to be a multiple of more.", send="Send multiples of the number."),
    _Row("multiple-of-widened", WIDENS, "It may be a multiple of less."),
    _Row(
        "multiple-of-changed", INCOMPARABLE, "It has to be a multiple of another number.", send="Send multiples of it."
    ),
    _Row("unique-items-set", NARROWS, "Each item may stand in it only once now.", send="Send no item twice."),
    _Row("unique-items-unset", WIDENS, "Items may repeat now.", read="Do not count on items being unique."),
    _Row(
        "additional-properties-forbidden",
        NARROWS,
        "Properties that are not listed are refused now.",
        send="Send only the listed properties.",
        read="Stop reading additional_properties: the generated model may have none.",
    ),
    _Row("additional-properties-allowed", WIDENS, "Properties that are not listed are admitted now."),
    _Row("any-of-added", WIDENS, "One more alternative (anyOf) is admitted.", read="Handle the new alternative."),
    _Row(
        "any-of-removed", NARROWS, "One of the alternatives (anyOf) is gone.", send="Send one of the alternatives left."
    ),
    _Row("one-of-added", WIDENS, "One more alternative (oneOf) is admitted.", read="Handle the new alternative."),
    _Row(
        "one-of-removed", NARROWS, "One of the alternatives (oneOf) is gone.", send="Send one of the alternatives left."
    ),
    _Row(
        "one-of-overlap-refused",
        UNKNOWN,
        "A value that meets several of the alternatives (oneOf) is refused, and some may.",
        send="Check that what you send meets one alternative only.",
        only=Direction.REQUEST,
    ),
    _Row(
        "one-of-overlap-accepted",
        UNKNOWN,
        "A value that met several of the alternatives (oneOf) was refused, and may come now.",
        only=Direction.RESPONSE,
    ),
    _Row(
        "alternatives-reordered",
        UNKNOWN,
        "The alternatives have another order, and the generated code takes the first that it can read.",
        read="Check that code that reads it gets the class that it expects.",
        only=Direction.RESPONSE,
    ),
    _Row("discriminator-added", NONE, "A property tells the alternatives apart now.", send="Nothing."),
    _Row("discriminator-removed", NONE, "No property is named any more that tells the alternatives apart."),
    _Row(
        "discriminator-property-name-changed",
        INCOMPARABLE,
        "Another property tells the alternatives apart.",
        send="Send the new property.",
        read="Read the new property.",
    ),
    _Row("discriminator-mapping-added", NONE, "One more value names an alternative.", send="Nothing."),
    _Row(
        "discriminator-mapping-deleted",
        UNKNOWN,
        "A value does not name an alternative any more.",
        send="Check that what you send still names one.",
    ),
    _Row(
        "discriminator-mapping-changed",
        INCOMPARABLE,
        "A value names another alternative.",
        send="Send with it what it names now.",
        read="Read what it names now.",
    ),
    _Row(
        "discriminator-value-changed",
        INCOMPARABLE,
        "An alternative has another value of the property that tells the alternatives apart.",
        send="Send the new value with it.",
        read="Read the new value.",
    ),
    _Row("default-value-added", NONE, "It has a stated default now."),
    _Row(
        "default-value-changed",
        NONE,
        "Leaving it out means something else.",
        send="Send the old value explicitly where it is meant.",
    ),
    _Row(
        "default-value-removed",
        NONE,
        "What leaving it out means is not stated any more.",
        send="Send the old default explicitly where it is meant.",
    ),
    # Rare keywords of JSON Schema without a row of their own, so that no change goes unreported.
    _Row("constraint-added", NARROWS, "It has to meet one more constraint."),
    _Row("constraint-removed", WIDENS, "It need not meet a constraint any more."),
    _Row("constraint-narrowed", NARROWS, "A constraint admits less."),
    _Row("constraint-widened", WIDENS, "A constraint admits more."),
    _Row("constraint-changed", INCOMPARABLE, "It has to meet another constraint."),
]

_DEFAULT_REASON = "oasdiff: info. Here breaking, because the same call brings other data in silence"
_DISCRIMINATOR_REASON = "oasdiff: info. Here {}, because the same value of the property says another thing, or nothing"


def _discriminator_reason(scope: str, level: Level) -> str:
    """Return the reason; oasdiff has no such rules about parameters and headers."""
    return "" if scope in {"request-parameter", "response-header"} else _DISCRIMINATOR_REASON.format(level.value)


_DISCRIMINATOR_LEVELS = {
    "property-name-changed": Level.BREAKING,
    "mapping-deleted": Level.WARNING,
    "mapping-changed": Level.BREAKING,
}
_GENERATED = ("alternatives-reordered", "python-type-changed")
_OVERRIDES: dict[str, tuple[Level, str]] = (
    {
        f"request-{place}-default-value-{event}": (Level.BREAKING, _DEFAULT_REASON if place != "parameter" else "")
        for place in ("parameter", "body", "property")
        for event in ("changed", "removed")
    }
    | {
        f"request-{place}-default-value-added": (
            Level.WARNING,
            f"oasdiff: {level}. Here a warning, because it may be what held anyway, or not",
        )
        for place, level in (("parameter", "breaking"), ("body", "info"), ("property", "info"))
    }
    | {
        f"response-{place}-enum-value-added": (
            Level.WARNING,
            "",  # oasdiff's own exception from what it derives
        )
        for place in ("body", "property", "header")
    }
    | {
        f"request-{place}-{bound}-set": (
            Level.BREAKING,
            "oasdiff: warning. Here breaking, because a call that sent more or less is refused",
        )
        for place in ("parameter", "body", "property")
        for bound in ("max", "min", "exclusive-max", "exclusive-min", "max-length", "min-items")
    }
    | {
        f"response-{place}-any-of-added": (
            Level.BREAKING,
            "oasdiff: info. Here breaking, because code that reads the response meets an unknown alternative",
        )
        for place in ("body", "property")
    }
    | {
        "response-property-pattern-removed": (
            Level.BREAKING,
            "oasdiff: info. Here breaking, because code that reads by the pattern meets texts that do not match",
        ),
        "response-property-pattern-changed": (
            Level.WARNING,
            "oasdiff: info. Here a warning, because code that reads by the pattern may meet texts that do not match",
        ),
    }
    | {
        # The same Python type comes before and after.
        f"{scope}-format-{event}": (Level.INFO, "")
        for scope, direction in SCOPES.items()
        for event in ("narrowed", "widened")
        if direction is Direction.RESPONSE
    }
    | {f"{scope}-python-type-changed": (Level.BREAKING, "") for scope in SCOPES}
    | {
        # The type that is generated for the values comes or goes, and people import it.
        f"{scope}-became-{'not-enum' if direction is Direction.REQUEST else 'enum'}": (Level.WARNING, "")
        for scope, direction in SCOPES.items()
        if scope != "response-header"
    }
    | {
        # The generated model may lose additional_properties.
        f"response-{place}-additional-properties-forbidden": (Level.WARNING, "")
        for place in ("body", "property")
    }
    | {
        f"{scope}-discriminator-{event}": (level, _discriminator_reason(scope, level))
        for scope in SCOPES
        for event, level in _DISCRIMINATOR_LEVELS.items()
    }
)

_ACTIONS = {
    (Direction.REQUEST, NARROWS): "Change calls that send what is refused now.",
    (Direction.REQUEST, WIDENS): "Nothing: all that was accepted still is.",
    (Direction.REQUEST, INCOMPARABLE): "Change calls to what is accepted now.",
    (Direction.REQUEST, UNKNOWN): "Check that what you send is still accepted.",
    (Direction.REQUEST, NONE): "Nothing, unless you count on what leaving it out means.",
    (Direction.RESPONSE, NARROWS): "Nothing: all that comes could come before.",
    (Direction.RESPONSE, WIDENS): "Make code that reads it ready for what could not come before.",
    (Direction.RESPONSE, INCOMPARABLE): "Change code that reads it.",
    (Direction.RESPONSE, UNKNOWN): "Check that code that reads it still fits.",
    (Direction.RESPONSE, NONE): "Nothing.",
}


def _bound_rows() -> list[_Row]:
    rows = []
    for keyword, (name, upper) in BOUNDS.items():
        tighter, looser = ("decreased", "increased") if upper else ("increased", "decreased")
        stay = f"Stay {'below' if upper else 'above'} the new {keyword}."
        rows += [
            _Row(f"{name}-{tighter}", NARROWS, f"The {keyword} was {tighter}.", send=stay),
            _Row(f"{name}-{looser}", WIDENS, f"The {keyword} was {looser}."),
            _Row(f"{name}-set", NARROWS, f"It has a {keyword} now.", send=stay),
            _Row(f"{name}-unset", WIDENS, f"It has no {keyword} any more."),
        ]
    return rows


def _rule(scope: str, direction: Direction, row: _Row) -> Rule:
    rule_id = f"{scope}-{row.suffix}"
    level, reason = _OVERRIDES.get(rule_id, (derived_level(row.effect, direction), ""))
    specific = row.send if direction is Direction.REQUEST else row.read
    return Rule(rule_id, level, row.sentence, specific or _ACTIONS[direction, row.effect], reason, row.effect)


RULES = [
    _rule(scope, direction, row)
    for scope, direction in SCOPES.items()
    for row in (*_ROWS, *_bound_rows())
    if row.only in {None, direction}
    # The generator writes nothing for headers of responses.
    and (scope != "response-header" or row.suffix not in _GENERATED)
]
