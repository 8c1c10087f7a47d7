"""The table of all faults, and which requests they happen to."""

from collections import deque
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from apitally_mock._api.tokens import Page
from apitally_mock._faults import page_faults, response_faults
from apitally_mock._faults.base import Context, Fault
from apitally_mock._faults.response import Response

FAULTS: Final[dict[str, type[Fault]]] = {
    "status": response_faults.Status,
    "html": response_faults.Html,
    "latency": response_faults.Latency,
    "slow_drip": response_faults.SlowDrip,
    "drop_before": response_faults.DropBefore,
    "drop_inside": response_faults.DropInside,
    "truncated_json": response_faults.TruncatedJson,
    "garbage_json": response_faults.GarbageJson,
    "wrong_type": page_faults.WrongType,
    "missing_field": page_faults.MissingField,
    "has_more_without_token": page_faults.HasMoreWithoutToken,
    "repeated_token": page_faults.RepeatedToken,
    "token_cycle": page_faults.TokenCycle,
    "duplicated_rows": page_faults.DuplicatedRows,
    "skipped_rows": page_faults.SkippedRows,
    "empty_page": page_faults.EmptyPage,
}


class Conditions(BaseModel):
    """The conditions of a fault: it happens to the requests that meet all that are given."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    times: int | None = Field(None, ge=1, description="only to this many requests")
    at: int | None = Field(None, ge=1, description="only to this request, counted from 1 since the last reset")
    probability: float | None = Field(
        None, gt=0, le=1, description="to each request with this probability, drawn by the seed"
    )


@dataclass(slots=True)
class Injection:
    """An injected fault, and how often it has happened."""

    name: str
    fault: Fault
    conditions: Conditions
    fired: int = 0
    seen_tokens: deque[str] = field(default_factory=deque)


class Injections:
    """The active faults, in the order in which they were injected and are applied."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._injections: list[Injection] = []

    def add(self, values: dict[str, Any]) -> None:
        """Inject a fault.

        Args:
            values: `fault`, its name; `times`, `at`, `probability`, see `Conditions`; and the options of that fault.

        Raises:
            ValueError: there is no such fault or option, or the option cannot have that value; the message says which.
        """
        name = values.get("fault")
        kind = FAULTS.get(name) if isinstance(name, str) else None
        if not isinstance(name, str) or kind is None:
            raise ValueError(f"There is no fault {name!r}. Choose one of: {', '.join(FAULTS)}.")
        when = {key: value for key, value in values.items() if key in Conditions.model_fields}
        options = {key: value for key, value in values.items() if key != "fault" and key not in when}
        try:
            self._injections.append(Injection(name, kind.model_validate(options), Conditions.model_validate(when)))
        except ValidationError as error:
            known = ", ".join([*kind.model_fields, *Conditions.model_fields])
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise ValueError(
                f"The fault {name} cannot have {place}={first['input']!r}: {first['msg']}. Its options are: {known}."
            ) from None

    def clear(self) -> None:
        """Remove all faults."""
        self._injections.clear()

    def apply(self, response: Response, number: int, page: Page | None, now: int) -> Response:
        """Return a response with every fault applied whose conditions the request meets.

        Args:
            response: what the API returned.
            number: the number of the request, counted from 1 since the last reset.
            page: the page in it, if there is one.
            now: the time of the API, in seconds since the epoch.
        """
        for index, injection in enumerate(self._injections):
            if self._is_due(injection, index, number):
                context = Context(number, page, now, injection.seen_tokens)
                changed = injection.fault.apply(response, context)
                if changed is not None:
                    injection.fired += 1
                    response = changed
        return response

    def to_json(self) -> list[dict[str, Any]]:
        """Return every active fault as plain values, with the number of requests that it has happened to."""
        return [
            {"fault": injection.name, "fired": injection.fired}
            | injection.conditions.model_dump(exclude_none=True)
            | injection.fault.model_dump()
            for injection in self._injections
        ]

    def _is_due(self, injection: Injection, index: int, number: int) -> bool:
        times, at, probability = injection.conditions.times, injection.conditions.at, injection.conditions.probability
        return (
            (times is None or injection.fired < times)
            and (at is None or at == number)
            and (probability is None or self._chance(index, number) < probability)
        )

    def _chance(self, index: int, number: int) -> float:
        drawn = blake2b(f"{self._seed}/{index}/{number}".encode(), digest_size=6).digest()
        return int.from_bytes(drawn) / 2**48
