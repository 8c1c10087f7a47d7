"""Whether a destination of dlt replaces rows that are read again; into others, dlt appends them without an error."""

from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.schema.typing import TTableFormat, TTableSchema

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
