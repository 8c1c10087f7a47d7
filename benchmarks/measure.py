"""Measure several ways to do one thing in turns, and show how many times as much each takes as the first."""

import json
import os
import platform
import statistics
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

Run = Callable[[], float]
"""Does the thing once, and returns what it took, in any unit."""


@dataclass(frozen=True)
class Row:
    """One way to do the thing.

    Attributes:
        name: what it is.
        ratio: the median of what it took, each time divided by what ours took in the same round.
        lowest: the smallest of these ratios.
        highest: the largest of them.
        note: what it took beside the time, such as requests.
    """

    name: str
    ratio: float
    lowest: float
    highest: float
    note: str = ""


@dataclass(frozen=True)
class Table:
    """What one benchmark found.

    Attributes:
        title: what was measured.
        target: what we want, in words.
        unit: what the ratios say.
        rows: the ways to do it, ours first.
        rounds: how often each had its turn.
    """

    title: str
    target: str
    unit: str
    rows: list[Row]
    rounds: int

    def markdown(self) -> str:
        """Return the table as Markdown."""
        lines = [f"## {self.title}", "", f"Target: {self.target}. Rounds: {self.rounds}.", ""]
        lines += [f"| way | {self.unit} | lowest to highest | |", "| --- | ---: | ---: | --- |"]
        lines += [
            f"| {row.name} | {row.ratio:.2f} | {row.lowest:.2f} to {row.highest:.2f} | {row.note} |"
            for row in self.rows
        ]
        return "\n".join(lines)


def in_turns(ours: str, ways: Mapping[str, Run], rounds: int, notes: Mapping[str, str] | None = None) -> list[Row]:
    """Give each way its turn, over and over, and compare it with ours in the same round.

    Args:
        ours: the name of the way that the others are divided by.
        ways: what to run, by name.
        rounds: how many turns each gets, after one that does not count.
        notes: what to show beside a way.
    """
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        # Every other round backwards, so that nobody always comes after the same one.
        for name in list(ways)[:: 1 if number % 2 else -1]:
            seconds = ways[name]()
            if number:
                taken[name].append(seconds)
    return compared(ours, taken, notes)


def compared(ours: str, taken: Mapping[str, list[float]], notes: Mapping[str, str] | None = None) -> list[Row]:
    """Divide what each way took by what ours took in the same round.

    Args:
        ours: the name of the way that the others are divided by.
        taken: what each way took in each round, by name.
        notes: what to show beside a way.
    """
    rows = []
    for name, values in taken.items():
        ratios = [value / own for value, own in zip(values, taken[ours], strict=True)]
        rows.append(Row(name, statistics.median(ratios), min(ratios), max(ratios), (notes or {}).get(name, "")))
    return rows


def save(tables: list[Table], folder: Path) -> None:
    """Write the tables as JSON and as Markdown, with the machine that they were measured on."""
    machine = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for table in tables:
        name = table.title.partition(":")[0].lower().replace(" ", "-")
        content = json.dumps({"machine": machine, **asdict(table)}, indent=2, ensure_ascii=False)
        (folder / f"{name}.json").write_text(content + "\n", encoding="utf-8")
        line = f"Python {machine['python']}, {machine['system']}, {machine['cores']} cores."
        (folder / f"{name}.md").write_text(f"{table.markdown()}\n\n{line}\n", encoding="utf-8")
