"""A run that is killed at any moment loses and doubles nothing, and one rerun is complete."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from apitally_traffic import TrafficClient
from tests.sampling import exhaustive
from tests.sync.api import Api
from tests.sync.databases import EACH_KIND, Database
from tests.sync.killed_run import run
from tests.sync.moments import MOMENTS

ROOT = Path(__file__).parents[2]
START = datetime(2026, 3, 18, tzinfo=UTC)
FIRST, SECOND, THIRD = "2026-03-23T10:20:30+00:00", "2026-03-26T15:40:00+00:00", "2026-03-28T03:10:00+00:00"
LOOKBACK = timedelta(days=2)
APPS = [1, 2]
INSIDE_THE_MERGE = ["inside the merge, after the old rows are deleted", "before the merge is committed"]
OF_OUR_RUNS_ALONE = ["before the merge is committed", "after the run"]
SAMPLE = ["inside the merge, after the old rows are deleted"]


def cases(moments: Iterable[str]) -> list[Any]:
    """Return the moments as parameters, of which a sample runs at each push."""
    return [
        pytest.param(moment, marks=[] if moment in SAMPLE else pytest.mark.exhaustive, id=moment.replace(" ", "-"))
        for moment in moments
    ]


@dataclass
class Drill:
    """Runs of a sync into one database."""

    api: Api
    database: Database
    pipelines_dir: str | None = None

    def start(self, moment: str = "") -> "subprocess.Popen[bytes]":
        """Start a run in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "tests.sync.killed_run", moment, json.dumps(self._arguments())],
            env={**os.environ, **self.database.env, "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
        )

    def run(self) -> None:
        """Run to the end."""
        with mock.patch.dict(os.environ, self.database.env):
            run(self._arguments())

    def kill(self, moment: str) -> None:
        """Run to the moment at which the process is killed."""
        with self.start(moment) as process:
            _, errors = process.communicate(timeout=120)
        assert process.returncode == -signal.SIGKILL, errors.decode()

    def check(self, *ages: tuple[int, datetime]) -> None:
        """Check that each hour is stored once, with the counts of the seed that an age names, up to its end."""
        for app_id in APPS:
            expected: dict[datetime, int] = {}
            start = START
            for seed, end in ages:
                expected |= self._counts(app_id, seed, start, end)
                start = max(start, end)
            stored = self.database.query(f"SELECT period_start, requests FROM apitally.traffic WHERE app_id = {app_id}")
            assert len(stored) == len(expected)
            assert dict(stored) == expected

    def _arguments(self) -> dict[str, Any]:
        arguments = {
            "app_ids": APPS,
            "start": START.isoformat(),
            "destination": self.database.destination,
            "api_key": self.api.api_key,
            "base_url": self.api.url,
        }
        return arguments | ({"pipelines_dir": self.pipelines_dir} if self.pipelines_dir is not None else {})

    def _counts(self, app_id: int, seed: int, start: datetime, end: datetime) -> dict[datetime, int]:
        if start >= end:
            return {}
        self.api.show(seed, THIRD)
        with TrafficClient(self.api.api_key, base_url=self.api.url, requests_per_minute=None) as client:
            return {item.period_start: item.requests for item in client.get_traffic(app_id, start=start, end=end)}


def hour(time: str) -> datetime:
    """Return the start of the hour that contains a time."""
    return datetime.fromisoformat(time).replace(minute=0, second=0)


@EACH_KIND
@pytest.mark.parametrize("moment", cases(MOMENTS))
@pytest.mark.parametrize("is_first", [False, *exhaustive([True])], ids=["later", "first"])
def test_one_rerun_is_complete(api: Api, database: Database, moment: str, *, is_first: bool) -> None:
    """After a kill, a later clock and changed counts, a rerun stores what one without the kill would have stored."""
    drill = Drill(api, database)
    if not is_first:
        api.show(0, FIRST)
        drill.run()
    api.show(1, SECOND)
    drill.kill(moment)
    api.show(2, THIRD)
    drill.run()
    unchanged = START if is_first else hour(FIRST) - LOOKBACK
    killed = hour(SECOND) - LOOKBACK if MOMENTS[moment].is_stored else START
    drill.check((0, unchanged), (1, killed), (2, hour(THIRD)))


@pytest.mark.parametrize("moment", cases(INSIDE_THE_MERGE))
def test_the_merge_is_one_transaction(api: Api, database: Database, moment: str) -> None:
    """A kill between the deletion of the old rows and the insertion of the new ones leaves the table as it was."""
    drill = Drill(api, database)
    api.show(0, FIRST)
    drill.run()
    api.show(1, SECOND)
    drill.kill(moment)
    drill.check((0, hour(FIRST)))


@pytest.mark.exhaustive
@pytest.mark.parametrize("moment", cases(moment for moment in MOMENTS if moment not in OF_OUR_RUNS_ALONE))
def test_pipeline_of_ones_own_is_complete(api: Api, database: Database, tmp_path: Path, moment: str) -> None:
    """The source does the same in a pipeline that first loads what the kill has left, as the guide says."""
    drill = Drill(api, database, pipelines_dir=str(tmp_path / "pipelines"))
    api.show(0, FIRST)
    drill.run()
    api.show(1, SECOND)
    drill.kill(moment)
    api.show(2, THIRD)
    drill.run()
    killed = hour(SECOND) - LOOKBACK if MOMENTS[moment].is_extracted else START
    drill.check((0, hour(FIRST) - LOOKBACK), (1, killed), (2, hour(THIRD)))


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(6))
def test_kills_at_random_times(api: Api, database: Database, seed: int) -> None:
    """Three kills in a row, each at any time of a run, change nothing about the rerun."""
    drill = Drill(api, database)
    api.show(1, SECOND)
    delays = random.Random(seed)  # noqa: S311 - not for secrets
    for _ in range(3):
        with drill.start() as process:
            time.sleep(delays.uniform(0.5, 4))
            process.kill()
            process.communicate(timeout=60)
    api.show(2, THIRD)
    drill.run()
    try:
        drill.check((2, hour(THIRD)))
    except AssertionError:  # one of them ended before it was killed
        drill.check((1, hour(SECOND) - LOOKBACK), (2, hour(THIRD)))
