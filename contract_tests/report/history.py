"""The history of runs against one app, kept as JSON lines: seeds, verdicts, and coverage."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Any

from contract_tests.exchange import Exchange
from contract_tests.oracle import zone_table

_SHOWN = 30
_CHANGES_SHOWN = 4
_SIZES = 1000
_KINDS = {"app_id": int, "started_at": str, "seed": int, "verdicts": dict, "page_sizes": list, "zones": dict}


class HistoryError(ValueError):
    """The history cannot be used; the message is one sentence for the user."""


@dataclass(frozen=True)
class PastRun:
    """A run as a line of the history.

    Attributes:
        server: the base URL, or `the mock`.
        app_id: the app.
        started_at: when it began, in UTC.
        seed: repeats the run.
        requests: how many were sent.
        exit_code: how it ended.
        verdicts: the verdict on each promise.
        page_sizes: the limits that led to more than one page.
        zones: the zones that were requested, by interval.
    """

    server: str
    app_id: int
    started_at: str
    seed: int
    requests: int
    exit_code: int
    verdicts: dict[str, str]
    page_sizes: list[int]
    zones: dict[str, list[str]]

    def changes(self, before: "PastRun | None") -> list[str]:
        """Return each promise with another verdict than in the run before, broken ones first."""
        known = self.verdicts if before is None else before.verdicts
        changed = [
            f"{name}: {known.get(name, 'not there')} → {verdict}"
            for name, verdict in self.verdicts.items()
            if known.get(name) != verdict
        ]
        return sorted(changed, key=lambda change: "broken" not in change)


class History:
    """The runs of a file against one app, oldest first.

    Args:
        path: the file; it need not exist yet.

    Raises:
        HistoryError: it cannot be read.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._runs: list[PastRun] = []
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines() if self._path.exists() else []
        except (OSError, UnicodeDecodeError) as error:
            raise HistoryError(f"The history {path} cannot be read: {error}.") from error
        for number, line in enumerate(lines, start=1):
            try:
                self._runs.append(_past_run(json.loads(line)))
            except (ValueError, TypeError) as error:
                raise HistoryError(f"{path}, line {number} is not a run of this suite: {error}.") from error

    def add(self, run: PastRun) -> list[PastRun]:
        """Append a run to the file, and return all runs against the same app, that one included.

        Raises:
            HistoryError: the file cannot be written.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(run), ensure_ascii=False) + "\n")
        except OSError as error:
            raise HistoryError(f"The history {self._path} cannot be written: {error.strerror}.") from error
        self._runs.append(run)
        return [past for past in self._runs if (past.server, past.app_id) == (run.server, run.app_id)]


def _past_run(fields: dict[str, Any]) -> PastRun:
    run = PastRun(**fields)
    kinds = {name: type(getattr(run, name)) for name in _KINDS}
    if kinds != _KINDS:
        raise ValueError(f"its fields are {kinds}")
    return run


def covered(runs: Sequence[PastRun]) -> str:
    """Return in one line how much of the drawn values some runs have covered together."""
    sizes = {size for run in runs for size in run.page_sizes}
    by_interval = {
        interval: {zone for run in runs for zone in run.zones.get(interval, ())} & set(zone_table.ALL)
        for interval in ("hour", "day")
    }
    zones = len(zone_table.ALL)
    told = ", ".join(f"{len(found)} of {zones} timezones by {interval}" for interval, found in by_interval.items())
    many = "1 run" if len(runs) == 1 else f"{len(runs)} runs"
    return f"covered by {many}: {len(sizes)} of {_SIZES} page sizes, {told}"


def changes_of(runs: Sequence[PastRun]) -> list[str]:
    """Return what has changed since the run before the last one."""
    return runs[-1].changes(runs[-2]) if len(runs) > 1 else []


def render(runs: Sequence[PastRun]) -> str:
    """Return the last runs as a section of the HTML page, the newest first."""
    shown = list(enumerate(runs))[-_SHOWN:][::-1]
    rows = "".join(_row(run, runs[place - 1] if place else None) for place, run in shown)
    head = "<tr><th>Run</th><th>Seed</th><th>Kept</th><th>Broken</th><th>Not exercised</th><th>Changed</th></tr>"
    told = escape(covered(runs))
    return f'<h2>The last runs</h2><p class="lead">{told}</p><table>{head}{rows}</table>' if len(runs) > 1 else ""


def _row(run: PastRun, before: PastRun | None) -> str:
    found = list(run.verdicts.values())
    counts = "".join(f'<td class="n">{found.count(name)}</td>' for name in ("kept", "broken", "not exercised"))
    changes = run.changes(before)
    more = [f"and {len(changes) - _CHANGES_SHOWN} more"] if len(changes) > _CHANGES_SHOWN else []
    told = "<br>".join(map(escape, [*changes[:_CHANGES_SHOWN], *more]))
    return f"<tr><td>{escape(run.started_at[:16])}</td><td>{run.seed}</td>{counts}<td>{told}</td></tr>"


def page_sizes(exchanges: Iterable[Exchange]) -> set[int]:
    """Return the limits of pages that tokens led to."""
    return {
        int(limit)
        for exchange in exchanges
        if (limit := exchange.parameters.get("limit", "")).isdecimal()
        and exchange.status == 200
        and "next_token" in exchange.parameters
        and 0 < int(limit) <= _SIZES
    }


def zones_by(interval: str, exchanges: Iterable[Exchange]) -> set[str]:
    """Return the zones that were requested, by interval."""
    asked: list[dict[str, Any]] = [exchange.parameters for exchange in exchanges if exchange.status == 200]
    return {given["timezone"] for given in asked if "timezone" in given and given.get("interval", "hour") == interval}
