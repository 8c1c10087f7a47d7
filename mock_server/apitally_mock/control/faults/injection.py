"""Which request a fault befalls, and the table of all faults."""

from collections import deque
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from apitally_mock.api.rows import Page
from apitally_mock.api.token import Tokens
from apitally_mock.control.faults import answers, pages
from apitally_mock.control.faults.fault import Fault, Occasion
from apitally_mock.control.reply import Reply

FAULTS: Final[dict[str, type[Fault]]] = {
    "status": answers.Status,
    "html": answers.Html,
    "latency": answers.Latency,
    "slow_drip": answers.SlowDrip,
    "drop_before": answers.DropBefore,
    "drop_inside": answers.DropInside,
    "truncated_json": answers.TruncatedJson,
    "garbage_json": answers.GarbageJson,
    "wrong_type": pages.WrongType,
    "missing_field": pages.MissingField,
    "has_more_without_token": pages.HasMoreWithoutToken,
    "repeated_token": pages.RepeatedToken,
    "token_cycle": pages.TokenCycle,
    "duplicated_rows": pages.DuplicatedRows,
    "skipped_rows": pages.SkippedRows,
    "empty_page": pages.EmptyPage,
}


class Trigger(BaseModel):
    """When a fault befalls a request: always, or where everything that is given holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    times: int | None = Field(None, ge=1, description="so many requests, then no more")
    at: int | None = Field(None, ge=1, description="this request, counted from 1 since the last reset")
    probability: float | None = Field(None, gt=0, le=1, description="each request with this probability, by the seed")


@dataclass(slots=True)
class Injection:
    """A fault, when it befalls a request, and how often it has."""

    name: str
    fault: Fault
    trigger: Trigger
    fired: int = 0
    handed_out: deque[str] = field(default_factory=deque)


class Injections:
    """The faults that are in force, in the order in which they were injected and are applied."""

    def __init__(self, seed: int, tokens: Tokens) -> None:
        self._seed = seed
        self._tokens = tokens
        self._injections: list[Injection] = []

    def add(self, values: dict[str, Any]) -> None:
        """Inject a fault.

        Args:
            values: `fault`, its name; `times`, `at`, `probability`, see `Trigger`; and the options of that fault.

        Raises:
            ValueError: with a sentence that names the value, what is wrong with it, and what it should be.
        """
        name = values.get("fault")
        kind = FAULTS.get(name) if isinstance(name, str) else None
        if not isinstance(name, str) or kind is None:
            msg = f"There is no fault {name!r}. Choose one of: {', '.join(FAULTS)}."
            raise ValueError(msg)
        when = {key: value for key, value in values.items() if key in Trigger.model_fields}
        options = {key: value for key, value in values.items() if key != "fault" and key not in when}
        try:
            self._injections.append(Injection(name, kind.model_validate(options), Trigger.model_validate(when)))
        except ValidationError as error:
            known = ", ".join([*kind.model_fields, *Trigger.model_fields])
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            msg = f"The fault {name} cannot have {place}={first['input']!r}: {first['msg']}. Its options are: {known}."
            raise ValueError(msg) from None

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self._injections.clear()

    def apply(self, reply: Reply, number: int, page: Page | None) -> Reply:
        """Give an answer with every fault applied that befalls it."""
        for index, injection in enumerate(self._injections):
            if self._is_due(injection, index, number):
                occasion = Occasion(number, page, self._tokens, injection.handed_out)
                changed = injection.fault.apply(reply, occasion)
                if changed is not None:
                    injection.fired += 1
                    reply = changed
        return reply

    def to_json(self) -> list[dict[str, Any]]:
        """Give every fault in force as plain values, with the number of requests that it has befallen."""
        return [
            {"fault": injection.name, "fired": injection.fired}
            | injection.trigger.model_dump(exclude_none=True)
            | injection.fault.model_dump()
            for injection in self._injections
        ]

    def _is_due(self, injection: Injection, index: int, number: int) -> bool:
        times, at, probability = injection.trigger.times, injection.trigger.at, injection.trigger.probability
        return (
            (times is None or injection.fired < times)
            and (at is None or at == number)
            and (probability is None or self._chance(index, number) < probability)
        )

    def _chance(self, index: int, number: int) -> float:
        drawn = blake2b(f"{self._seed}/{index}/{number}".encode(), digest_size=6).digest()
        return int.from_bytes(drawn) / 2**48
