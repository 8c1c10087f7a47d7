"""The history of runs: what is kept, what has changed since the last one, and how much was covered together."""

from pathlib import Path

import pytest

from contract_tests.report import history
from contract_tests.report.history import History, HistoryError, PastRun


def past(seed: int, verdict: str, sizes: list[int], *, app_id: int = 1) -> PastRun:
    """Return a run that found one verdict."""
    zones = {"hour": ["Asia/Tokyo"], "day": []}
    return PastRun(
        "the mock", app_id, f"2026-01-{seed:02}T04:17:00+00:00", seed, 500, 0, {"a.b": verdict}, sizes, zones
    )


def test_runs_against_one_app_add_up(tmp_path: Path) -> None:
    """Each run is appended; what was covered is that of all runs against the app, changes are those since the last."""
    path = tmp_path / "kept" / "history.jsonl"
    for run in (past(1, "kept", [7, 9]), past(2, "kept", [9], app_id=2), past(3, "kept", [9, 400])):
        runs = History(str(path)).add(run)
    assert [run.seed for run in runs] == [1, 3]
    assert history.changes_of(runs) == []
    runs = History(str(path)).add(past(4, "broken", []))
    assert history.changes_of(runs) == ["a.b: kept → broken"]
    assert history.covered(runs).startswith("covered by 3 runs: 3 of 1000 page sizes, 1 of ")
    assert len(path.read_text(encoding="utf-8").splitlines()) == 4


def test_the_page_has_the_last_thirty_runs() -> None:
    """The newest run comes first, with what has changed in it; of one run alone there is nothing to compare."""
    runs = [past(seed, "broken" if seed == 27 else "kept", []) for seed in range(1, 36)]
    page = history.render(runs)
    shown = [int(row.split("<td>")[2].split("<")[0]) for row in page.split("<tr>")[2:]]
    assert shown == list(range(35, 5, -1))
    assert page.count("a.b: ") == 2
    assert history.render(runs[:1]) == ""


@pytest.mark.parametrize("line", ["{", "{}", "[]", '{"server": 1}'])
def test_a_history_that_cannot_be_used_is_one_sentence(tmp_path: Path, line: str) -> None:
    """A line that is no run is refused with its number, and so is a folder."""
    path = tmp_path / "history.jsonl"
    History(str(path)).add(past(1, "kept", []))
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    with pytest.raises(HistoryError, match="line 2 is not a run of this suite"):
        History(str(path))
    with pytest.raises(HistoryError, match="cannot be read"):
        History(str(tmp_path))
