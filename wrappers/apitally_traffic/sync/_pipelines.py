"""What dlt leaves open for the pipeline that a resource is read in, which may be the caller's own.

Whether rows that are read again replace those with the same key: into some destinations, dlt appends them without an
error. And how far the destination has a series: dlt itself goes by its working folder.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import dlt
from dlt.common.configuration.container import Container
from dlt.common.configuration.specs.config_section_context import ConfigSectionContext
from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.destination.client import WithStateSync
from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.common.pipeline import PipelineContext
from dlt.common.schema.typing import TTableFormat, TTableSchema
from dlt.pipeline.state_sync import load_pipeline_state_from_destination

from apitally_traffic.sync._series import TABLE


def can_merge(capabilities: DestinationCapabilitiesContext, table_format: TTableFormat | None = None) -> bool:
    """Return whether rows of the table replace those with the same key.

    Args:
        capabilities: what the destination can do.
        table_format: such as "delta"; None for that of the destination.
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
    """Check that the pipeline that reads the present resource, if one does, replaces rows that are read again.

    Raises:
        ValueError: it does not.
    """
    container = Container()
    if DestinationCapabilitiesContext not in container:
        return
    # The caller may have changed the resource, or made another one of it.
    table = dlt.current.source().resources.with_pipe(dlt.current.pipe()).compute_table_schema()
    is_merged = table.get("write_disposition") == "merge"
    if is_merged and not can_merge(container[DestinationCapabilitiesContext], table.get("table_format")):
        raise ValueError(
            "The destination of this pipeline cannot replace rows that are read again, and would have them twice: "
            "choose a database, or a table format that can."
        )


def stored_state(resource: str) -> dict[str, Any] | None:
    """Return the state of a resource as the destination of the pipeline that reads it has it, next to the rows.

    The state in dlt's working folder is that of the last run, which may have gone to another database or dataset, or
    not have been loaded; and the database may have been restored from a backup since.

    Returns:
        The state, empty where the destination has none; None where there is no destination, or none that keeps states.
    """
    container = Container()
    pipeline: Any = container[PipelineContext].pipeline() if container[PipelineContext].is_active() else None
    if pipeline is None or pipeline.destination is None:
        return None
    source = container[ConfigSectionContext].source_state_key
    # All threads in which dlt extracts share a context, which a client changes while it is made.
    with ThreadPoolExecutor(max_workers=1) as thread:
        state: Any = thread.submit(_pipeline_state, pipeline).result()
    return None if state is None else state.get("sources", {}).get(source, {}).get("resources", {}).get(resource, {})


def _pipeline_state(pipeline: dlt.Pipeline) -> Any:
    with pipeline.destination_client() as client:
        if not isinstance(client, WithStateSync):
            return None
        try:
            return load_pipeline_state_from_destination(pipeline.pipeline_name, client) or {}
        except DestinationUndefinedEntity:
            return {}
