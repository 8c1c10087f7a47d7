"""A difference that the comparison finds, and the change that is reported for it."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from spec_pipeline.changes.rules import RULES
from spec_pipeline.changes.rules.rule import Level


class Finding(NamedTuple):
    """A rule that applies, with a location relative to what is being compared."""

    rule: str
    place: str
    old: Any = None
    new: Any = None

    def below(self, place: str) -> "Finding":
        """Return the finding with its location below another one."""
        return self._replace(place=place + self.place)


@dataclass(frozen=True)
class Change:
    """One change between two specs.

    Attributes:
        id: the rule's.
        level: its severity.
        operation: such as `GET /v1/apps`; None where the change belongs to the whole document.
        location: the place, in a form that is stable from run to run.
        old: the value before, in JSON's types; None where there was none.
        new: the value after, in JSON's types; None where there is none.
    """

    id: str
    level: Level
    operation: str | None
    location: str
    old: Any
    new: Any

    @classmethod
    def of(cls, operation: str | None, finding: Finding) -> "Change":
        """Return the change for a finding, with the level of its rule."""
        rule = RULES[finding.rule]
        return cls(rule.id, rule.level, operation, finding.place, finding.old, finding.new)

    @property
    def sentence(self) -> str:
        """What changed."""
        return RULES[self.id].sentence

    @property
    def action(self) -> str:
        """What a user of the client does about it."""
        return RULES[self.id].action

    @property
    def message(self) -> str:
        """The location, the change, and what a user of the client does about it."""
        return f"{self.location}: {self.sentence} {self.action}"

    def as_json(self) -> dict[str, Any]:
        """Return the change as it is in the JSON report."""
        return {
            "id": self.id,
            "level": self.level.value,
            "operation": self.operation,
            "location": self.location,
            "old": self.old,
            "new": self.new,
            "message": self.message,
        }
