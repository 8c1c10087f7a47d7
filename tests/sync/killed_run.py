"""Run a sync in a process of its own, and kill it with SIGKILL at a moment. Arguments: the moment or "", JSON.

The JSON has the arguments of `sync_traffic`. With "pipelines_dir" among them, it is a run of `traffic_source` in a
pipeline of the user's own, as the guide shows it.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from itertools import count
from typing import Any

import dlt

from apitally_traffic.sync import sync_traffic, traffic_source
from tests.sync.moments import JOB, MOMENTS, Moment


def die() -> None:
    """End this process at once."""
    os.kill(os.getpid(), signal.SIGKILL)


def replace(target: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Replace a function of a module or class."""
    module, _, path = target.partition(":")
    *parents, name = path.split(".")
    owner = import_module(module)
    for parent in parents:
        owner = getattr(owner, parent)
    setattr(owner, name, make(getattr(owner, name)))


def kill_at(moment: Moment) -> None:
    """Let this process die at a moment."""
    if moment.target in {"DELETE", "COMMIT"}:
        kill_inside_the_merge(moment.target)
        return
    calls = count(1)

    def make(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def call(*arguments: Any, **options: Any) -> Any:
            is_now = moment.is_reached(arguments) and next(calls) == moment.call
            if is_now and moment.when == "before":
                die()
            result = function(*arguments, **options)
            if is_now:
                die()
            return result

        return call

    replace(moment.target, make)


def kill_inside_the_merge(target: str) -> None:
    """Let this process die in the transaction of the merge: after its DELETE, or before its COMMIT."""
    merging: list[bool] = []

    def run(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(job: Any, *arguments: Any) -> Any:
            info = job.job_file_info()
            if (info.table_name, info.file_format) == ("traffic", "sql"):
                merging.append(True)
            return function(job, *arguments)

        return call

    def execute_many(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(client: Any, statements: list[str]) -> None:
            for statement in statements:
                function(client, [statement])
                if merging and statement.startswith("DELETE"):
                    die()

        return call

    def commit(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda client: die() if merging else function(client)

    replace(f"{JOB}.run_managed", run)
    if target == "DELETE":
        replace("dlt.destinations.sql_client:SqlClientBase.execute_many", execute_many)
    else:
        replace("dlt.destinations.impl.duckdb.sql_client:DuckDbSqlClient.commit_transaction", commit)
        replace("dlt.destinations.impl.postgres.sql_client:Psycopg2SqlClient.commit_transaction", commit)


def run(arguments: dict[str, Any]) -> None:
    """Run to the end, unless this process is killed before."""
    pipelines_dir = arguments.pop("pipelines_dir", None)
    if pipelines_dir is None:
        sync_traffic(**arguments)
        return
    name = arguments.pop("destination")
    destination = dlt.destinations.duckdb(name) if name.endswith(".duckdb") else name
    pipeline = dlt.pipeline("own", pipelines_dir=pipelines_dir, destination=destination, dataset_name="apitally")
    pipeline.run()
    pipeline.run(traffic_source(**arguments))


if __name__ == "__main__":
    if sys.argv[1]:
        kill_at(MOMENTS[sys.argv[1]])
    run(json.loads(sys.argv[2]))
