"""What a rule is, and how its level follows from whether the sender or the reader is affected."""

from dataclasses import dataclass
from enum import Enum, StrEnum


class Level(StrEnum):
    """The severity of a change, the worst first."""

    BREAKING = "breaking"
    WARNING = "warning"
    INFO = "info"


class Direction(StrEnum):
    """Which way the changed value travels."""

    REQUEST = "request"
    RESPONSE = "response"


class Effect(Enum):
    """What a change does to the set of values that a place admits."""

    NARROWS = "narrows"
    WIDENS = "widens"
    INCOMPARABLE = "incomparable"
    UNKNOWN = "unknown"
    NONE = "none"


@dataclass(frozen=True)
class Rule:
    """One kind of change.

    Attributes:
        id: the stable name, oasdiff's where it has one.
        level: its severity.
        sentence: what happened, without a subject's name: the place stands beside it.
        action: what a user of the client does about it.
        override: why the level is not oasdiff's; empty where it is, or where oasdiff has no such rule.
        effect: what it does to the set of accepted values, where it is about a schema.
    """

    id: str
    level: Level
    sentence: str
    action: str
    override: str = ""
    effect: Effect = Effect.NONE


def derived_level(effect: Effect, direction: Direction) -> Level:
    """Return the level that follows from the direction, as oasdiff derives it.

    A request must not be refused and a response must not be unexpected: narrowing breaks a request, widening breaks a
    response, and an effect that is neither breaks both.
    """
    if effect is Effect.UNKNOWN:
        return Level.WARNING
    hurts = {
        Direction.REQUEST: (Effect.NARROWS, Effect.INCOMPARABLE),
        Direction.RESPONSE: (Effect.WIDENS, Effect.INCOMPARABLE),
    }
    return Level.BREAKING if effect in hurts[direction] else Level.INFO
