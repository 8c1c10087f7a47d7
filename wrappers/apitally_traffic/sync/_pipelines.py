"""Make up for what dlt does not check in the pipeline that reads a resource, which may be the caller's own.

For some destinations, dlt appends rows that are read again, without an error, instead of replacing those with the same
key. And dlt takes the cursors from its working directory instead of the destination.
"""

from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

import dlt
from dlt.common.configuration.container import Container
from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.destination.client import WithStateSync
from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.common.pipeline import PipelineContext, StateInjectableContext
from dlt.common.schema.typing import TTableFormat, TTableSchema
from dlt.common.storages.load_package import LoadPackageStateInjectableContext
from dlt.pipeline.state_sync import load_pipeline_state_from_destination

from apitally_traffic.sync._series import TABLE, is_series

_lock = Lock()


def can_merge(capabilities: DestinationCapabilitiesContext, table_format: TTableFormat | None = None) -> bool:
    """Return whether new rows replace rows of the table with the same key.

    Args:
        capabilities: the capabilities of the destination.
        table_format: the format of the table, such as "delta"; None for the destination's default.
    """
    strategies = capabilities.supported_merge_strategies
    select = capabilities.merge_strategies_selector
    if select is not None:
        table: TTableSchema = {"name": TABLE, "columns": {}}
        if table_format is not None:
            table["table_format"] = table_format
        strategies = select(strategies, table_schema=table)
    return bool(strategies)


def check_destination() -> None:
    """Check that the pipeline of the current resource, if there is one, replaces rows that are read again.

    Raises:
        ValueError: it does not replace them.
    """
    container = Container()
    if DestinationCapabilitiesContext not in container:
        return
    # The caller may have changed the resource, or derived another one from it.
    table = dlt.current.source().resources.with_pipe(dlt.current.pipe()).compute_table_schema()
    is_merged = table.get("write_disposition") == "merge"
    if is_merged and not can_merge(container[DestinationCapabilitiesContext], table.get("table_format")):
        raise ValueError(
            "The destination of this pipeline cannot replace rows that are read again, and would have them twice: "
            "choose a database, or a table format that can."
        )


def restore_cursors() -> None:
    """Replace the cursors of all series in the state that dlt will write with the rows by those of the destination.

    The cursors in dlt's working directory are those of the last run, which may have written to another database or
    dataset; and the database may have been restored from a backup since then. A cursor of a package that is not loaded
    yet is kept.
    """
    container = Container()
    pipeline: Any = container[PipelineContext].pipeline() if container[PipelineContext].is_active() else None
    if pipeline is None or pipeline.destination is None or StateInjectableContext not in container:
        return
    # In a separate thread, because making a client changes the context that dlt's extracting threads share.
    with ThreadPoolExecutor(max_workers=1) as thread:
        stored, pending = thread.submit(_stored_and_pending, pipeline).result()
    if stored is None:
        return
    pending.add(package())
    state: Any = container[StateInjectableContext].state
    with _lock:
        for place, entries in _entries(state).items():
            there = _entries(stored).get(place, {})
            for series in [key for key in entries if is_series(key) and entries[key].get("package") not in pending]:
                if series in there:
                    entries[series] = there[series]
                else:
                    del entries[series]


def package() -> str | None:
    """Return the ID of the package that the current run makes, or None."""
    container = Container()
    context = LoadPackageStateInjectableContext
    return container[context].load_id if context in container else None


def _stored_and_pending(pipeline: dlt.Pipeline) -> tuple[Any, set[str | None]]:
    """Return the state in the destination, or None if it keeps none, and the packages that are not loaded yet."""
    pending: set[str | None] = {*pipeline.list_extracted_load_packages(), *pipeline.list_normalized_load_packages()}
    with pipeline.destination_client() as client:
        if not isinstance(client, WithStateSync):
            return None, pending
        try:
            return load_pipeline_state_from_destination(pipeline.pipeline_name, client) or {}, pending
        except DestinationUndefinedEntity:
            return {}, pending


def _entries(state: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the state of each resource of each source, because the caller may have renamed ours."""
    return {
        (source, resource): entries
        for source, its_state in state.get("sources", {}).items()
        for resource, entries in its_state.get("resources", {}).items()
    }
