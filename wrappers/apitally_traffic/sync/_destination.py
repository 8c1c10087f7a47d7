"""The destination of a sync: a DuckDB file, or what dlt's own configuration describes."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import dlt
from dlt.common.destination import Destination, DestinationCapabilitiesContext
from dlt.common.destination.client import WithStateSync
from dlt.common.destination.exceptions import UnknownDestinationModule
from dlt.common.exceptions import MissingDependencyException

from apitally_traffic.sync._errors import SyncError
from apitally_traffic.sync._series import TABLE

DEFAULT_DESTINATION = "apitally_traffic.duckdb"
_DUCKDB_SUFFIXES = {".duckdb", ".db"}
# dlt would delete the old rows and insert the new ones in two transactions, and a kill between them would lose rows.
_ATOMIC: dict[str, Any] = {"supports_transactions": True}


@dataclass(frozen=True)
class Target:
    """A destination the name by which the user knows it, and what tells it from others."""

    name: str
    identity: str
    destination: Destination[Any, Any]


def resolve_destination(destination: str | os.PathLike[str]) -> Target:
    """Return the destination that a file or a name of dlt's means.

    Raises:
        SyncError: a library that the destination needs is missing.
        ValueError: there is no such destination, or rows cannot be replaced or dlt's state cannot be kept there.
    """
    path = Path(destination)
    if path.suffix in _DUCKDB_SUFFIXES:
        return Target(str(path), str(path.resolve()), dlt.destinations.duckdb(str(path.absolute()), **_ATOMIC))
    name = os.fspath(destination)
    if not name.isidentifier():
        raise ValueError(
            "destination must be a file whose name ends in .duckdb or .db, or the name of a destination of dlt, such "
            "as postgres. Where that is, and with which password, belongs to dlt's own configuration, such as the "
            "environment variable DESTINATION__POSTGRES__CREDENTIALS."
        )
    try:
        found = _by_name(name)
        client, capabilities = found.client_class, found.capabilities()
    except UnknownDestinationModule as error:
        raise ValueError(f"dlt knows no destination {name!r}, and its configuration gives none that name.") from error
    except (ImportError, MissingDependencyException) as error:
        raise SyncError(f"The destination {name!r} needs a library: python3 -m pip install 'dlt[{name}]'.") from error
    if not (issubclass(client, WithStateSync) and _can_merge(capabilities)):
        raise ValueError(
            f"The destination {name!r} cannot replace rows that are read again, or cannot keep how far the sync has "
            "come: choose a database, such as postgres."
        )
    if capabilities.supports_ddl_transactions and capabilities.supports_transactions is None:
        found = _by_name(name, **_ATOMIC)
    return Target(name, name, found)


def _by_name(name: str, **capabilities: Any) -> Destination[Any, Any]:
    return cast("Destination[Any, Any]", Destination.from_reference(name, **capabilities))


def _can_merge(capabilities: DestinationCapabilitiesContext) -> bool:
    strategies = capabilities.supported_merge_strategies
    select = capabilities.merge_strategies_selector
    if select is not None:
        strategies = select(strategies, table_schema={"name": TABLE, "columns": {}})
    return bool(strategies)
