"""`traffic_source` in a pipeline of dlt that is the caller's own."""

import shutil
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pytest
from dlt.pipeline.exceptions import PipelineStepFailed

from apitally_traffic.sync import traffic_source
from tests.sync.api import Api
from tests.sync.databases import Database

NOW = "2026-03-28T10:20:30+00:00"


def test_source_in_a_pipeline_of_ones_own(api: Api, database: Database, tmp_path: Path) -> None:
    """The source has one parallelized resource per app, and can be run again."""
    api.show(0, NOW)
    name = database.destination
    destination: Any = dlt.destinations.duckdb(name) if name.endswith(".duckdb") else name
    pipeline = dlt.pipeline("own", pipelines_dir=str(tmp_path), destination=destination, dataset_name="apitally")
    for rows in (8, 10, 2):
        source = traffic_source([1, 2], interval="day", start="2026-03-20", api_key=api.api_key, base_url=api.url)
        assert list(source.resources) == ["app_1", "app_2"]
        pipeline.run(source.with_resources("app_1"))
        trace: Any = pipeline.last_trace
        assert trace.last_normalize_info.row_counts["traffic"] == rows
        api.show(0, "2026-04-05T10:20:30+00:00")


def test_source_in_a_pipeline_that_would_append(api: Api, tmp_path: Path) -> None:
    """Rows that are read again would be there twice; who asks for that by name gets it."""
    api.show(0, NOW)
    destination = dlt.destinations.filesystem(str(tmp_path / "files"))
    pipeline = dlt.pipeline("own", pipelines_dir=str(tmp_path / "dlt"), destination=destination)
    source = traffic_source(1, interval="day", api_key=api.api_key, base_url=api.url)
    with pytest.raises(PipelineStepFailed, match="cannot replace rows that are read again"):
        pipeline.run(source)
    pipeline.run(source, write_disposition="append")
    trace: Any = pipeline.last_trace
    assert trace.last_normalize_info.row_counts["traffic"] == 30


def test_a_pipeline_whose_database_is_restored(api: Api, tmp_path: Path) -> None:
    """With the lines of the docs, dlt goes by the database, and not by its working folder, for what is stored."""

    def run(day: int) -> None:
        api.show(0, f"2026-03-{day}T10:20:30+00:00")
        destination = dlt.destinations.duckdb(str(tmp_path / "own.duckdb"))
        pipeline = dlt.pipeline("own", pipelines_dir=str(tmp_path / "dlt"), destination=destination)
        pipeline.run()
        pipeline = pipeline.drop()
        pipeline.run(traffic_source(1, start="2026-03-01", lookback="1h", api_key=api.api_key, base_url=api.url))
        pipeline.deactivate()

    run(10)
    shutil.copy(tmp_path / "own.duckdb", tmp_path / "backup")
    run(20)
    shutil.copy(tmp_path / "backup", tmp_path / "own.duckdb")
    run(28)
    with duckdb.connect(str(tmp_path / "own.duckdb")) as connection:
        stored = connection.execute("SELECT count(DISTINCT period_start), count(*) FROM own_dataset.traffic").fetchall()
    assert stored == [(27 * 24 + 10, 27 * 24 + 10)]
