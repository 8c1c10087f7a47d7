"""`traffic_source` in a pipeline of dlt that is the caller's own."""

import shutil
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pytest
from dlt.pipeline.exceptions import PipelineStepFailed

from apitally_traffic.sync import traffic_source
from tests.sampling import exhaustive
from tests.sync.api import Api
from tests.sync.databases import EACH_KIND, Database

NOW = "2026-03-28T10:20:30+00:00"


@EACH_KIND
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


class Warehouse:
    """The pipelines of one name in one working folder of dlt, and their databases."""

    def __init__(self, api: Api, folder: Path) -> None:
        self.api, self.folder = api, folder

    def database(self, name: str) -> Path:
        return self.folder / f"{name}.duckdb"

    def pipeline(self, database: str = "first", dataset: str = "traffic_of_apps") -> Any:
        destination = dlt.destinations.duckdb(str(self.database(database)))
        return dlt.pipeline("own", pipelines_dir=str(self.folder), destination=destination, dataset_name=dataset)

    def source(self, day: int, *apps: int) -> Any:
        self.api.show(0, f"2026-03-{day}T10:20:30+00:00")
        return traffic_source(
            apps or [1, 2], start="2026-03-01", lookback="1h", api_key=self.api.api_key, base_url=self.api.url
        )

    def run(self, day: int, database: str = "first", dataset: str = "traffic_of_apps", *, apart: bool = False) -> None:
        """Read both apps, in one run or each in one of its own."""
        pipeline = self.pipeline(database, dataset)
        for apps in ([1], [2]) if apart else ([],):
            pipeline.run(self.source(day, *apps))
        pipeline.deactivate()

    def stored(self, database: str = "first", dataset: str = "traffic_of_apps") -> list[Any]:
        """Return the number of different periods and of rows, for each app."""
        counts = "count(DISTINCT period_start), count(*)"
        with duckdb.connect(str(self.database(database))) as connection:
            query = f"SELECT app_id, {counts} FROM {dataset}.traffic GROUP BY 1 ORDER BY 1"
            return connection.execute(query).fetchall()


@pytest.fixture
def warehouse(api: Api, tmp_path: Path) -> Warehouse:
    return Warehouse(api, tmp_path)


def until(day: int) -> list[Any]:
    """Return what is stored of the hours from the first of March until a run at 10:20 of a day."""
    hours = (day - 1) * 24 + 10
    return [(app, hours, hours) for app in (1, 2)]


@pytest.mark.parametrize("apart", [True, *exhaustive([False])])
def test_a_database_that_is_restored_from_a_backup(warehouse: Warehouse, *, apart: bool) -> None:
    """What dlt's working folder says of it is not so any more, neither of the apps that a run does not read."""
    warehouse.run(10, apart=apart)
    shutil.copy(warehouse.database("first"), warehouse.database("backup"))
    warehouse.run(20, apart=apart)
    shutil.copy(warehouse.database("backup"), warehouse.database("first"))
    warehouse.run(28, apart=apart)
    assert warehouse.stored() == until(28)


def test_several_sources_in_one_run(warehouse: Warehouse) -> None:
    """How far the first one has come is kept, though the destination does not have it yet."""
    pipeline = warehouse.pipeline()
    for day, rows in ((10, 2 * 226), (11, 2 * 25)):
        pipeline.run([warehouse.source(day, 1), warehouse.source(day, 2)])
        assert pipeline.last_trace.last_normalize_info.row_counts["traffic"] == rows
    assert warehouse.stored() == until(11)


def test_other_entries_of_the_state_are_kept(warehouse: Warehouse) -> None:
    """A caller may keep something there, as dlt does for hints."""
    pipeline = warehouse.pipeline()
    pipeline.run(warehouse.source(10))
    with pipeline.managed_state() as state:
        state["sources"]["apitally_traffic"]["resources"]["app_1"]["incremental"] = {"period_start": {}}
    pipeline.run(warehouse.source(11))
    assert "incremental" in pipeline.state["sources"]["apitally_traffic"]["resources"]["app_1"]


@pytest.mark.exhaustive
def test_an_app_that_a_second_place_does_not_have(warehouse: Warehouse) -> None:
    """How far it has come in the first one does not count there."""
    warehouse.run(10)
    pipeline = warehouse.pipeline("second")
    pipeline.run(warehouse.source(11, 1))
    pipeline.deactivate()
    warehouse.run(12)
    warehouse.run(20, "second")
    assert warehouse.stored("second") == until(20)


@pytest.mark.parametrize(
    ("file", "dataset"),
    [("second", "traffic_of_apps"), *exhaustive([("first", "second")])],
    ids=["database", "dataset"],
)
def test_a_second_place_under_the_same_name_of_the_pipeline(warehouse: Warehouse, file: str, dataset: str) -> None:
    """Each has what it has, whichever the last run has written to."""
    warehouse.run(10)
    warehouse.run(20, file, dataset)
    assert warehouse.stored(file, dataset) == until(20)
    warehouse.run(28)
    assert warehouse.stored() == until(28)
    warehouse.run(29, file, dataset)
    assert warehouse.stored(file, dataset) == until(29)


def test_a_source_of_another_name(warehouse: Warehouse) -> None:
    """The state of a source is kept under its name, and a run reads what is new."""
    pipeline = warehouse.pipeline()
    for day, rows in ((10, 2 * 226), (11, 2 * 25)):
        pipeline.run(warehouse.source(day).clone(with_name="renamed"))
        assert pipeline.last_trace.last_normalize_info.row_counts["traffic"] == rows
    assert warehouse.stored() == until(11)


@pytest.mark.exhaustive
def test_a_dataset_that_a_run_names(warehouse: Warehouse) -> None:
    """With the lines of the docs, what is stored in one counts for that one alone."""
    for day, dataset in ((10, "one"), (12, "other"), (20, "one"), (28, "other")):
        pipeline = warehouse.pipeline(dataset="one")
        pipeline.run()
        pipeline = pipeline.drop()
        pipeline.run(warehouse.source(day), dataset_name=dataset)
        pipeline.deactivate()
        assert warehouse.stored(dataset=dataset) == until(day)
