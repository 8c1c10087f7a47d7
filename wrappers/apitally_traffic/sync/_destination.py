"""The destination of a sync: a DuckDB file, or what dlt's own configuration describes."""

import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import dlt
import duckdb
from dlt.common.destination import Destination
from dlt.common.destination.client import WithStateSync
from dlt.common.destination.exceptions import UnknownDestinationModule
from dlt.common.exceptions import MissingDependencyException

from apitally_traffic._texts import quoted
from apitally_traffic.sync._errors import SyncError, sentence_of
from apitally_traffic.sync._pipelines import can_merge
from apitally_traffic.sync._series import DATASET

DEFAULT_DESTINATION = "apitally_traffic.duckdb"
_DUCKDB_SUFFIXES = {".duckdb", ".db"}
# dlt would delete the old rows and insert the new ones in two transactions, and a kill between them would lose rows.
_ATOMIC: dict[str, Any] = {"supports_transactions": True}


@dataclass(frozen=True)
class Target:
    """Where a run writes to.

    Attributes:
        name: the name by which the user knows it.
        identity: what tells it from others.
        destination: the destination of dlt.
        file: the DuckDB file, if it is one.
    """

    name: str
    identity: str
    destination: Destination[Any, Any]
    file: Path | None = None

    @property
    def is_new(self) -> bool:
        """Whether there is nothing yet: no file, where the destination is one."""
        return self.file is not None and not self.file.exists()

    def create_file(self, *, keep: bool) -> None:
        """Create the DuckDB file if it is not there: beside its place, and then under its name.

        Where a full disk or a kill interrupts DuckDB, it leaves a part of a file, which no later run could open.

        Args:
            keep: False to try it and leave nothing, before it is known whether there will be rows.

        Raises:
            SyncError: the file cannot be created.
        """
        if self.file is None or self.file.exists():
            return
        if not self.file.parent.is_dir():
            raise SyncError(f"{self.name}: there is no folder {self.file.parent}.")
        try:
            with tempfile.TemporaryDirectory(dir=self.file.parent, prefix=f".{self.file.name}.") as folder:
                new = Path(folder, self.file.name)
                duckdb.connect(str(new)).close()
                if keep:
                    _publish(new, self.file)
        except (OSError, duckdb.Error) as error:
            # The name that the system reports is that of the folder beside it, which the user does not know.
            reason = error.strerror if isinstance(error, OSError) and error.strerror else sentence_of(error)
            raise SyncError(f"{self.name} cannot be created: {reason.rstrip('.')}.") from error


def resolve_destination(destination: str | os.PathLike[str]) -> Target:
    """Return the destination that a file or a name of dlt's means.

    Raises:
        ModuleNotFoundError: a library that the destination needs is missing; its name is that of dlt's extra.
        SyncError: a file cannot be where the destination is.
        TypeError: it is neither a str nor a path.
        ValueError: there is no such destination, or rows cannot be replaced or dlt's state cannot be kept there; or a
            file has the name of the schema in it.
    """
    if not isinstance(destination, str | os.PathLike):
        raise TypeError(f"destination must be a str or a path, not {type(destination).__name__}.")
    path = Path(destination)
    if path.suffix in _DUCKDB_SUFFIXES and "://" not in str(destination) and "\0" not in str(path):
        file = _file(path)
        return Target(str(path), str(file), dlt.destinations.duckdb(str(file), **_ATOMIC), file)
    name = os.fspath(destination)
    if not name.isidentifier():
        raise ValueError(
            "destination must be a file whose name ends in .duckdb or .db, or the name of a destination of dlt, such "
            "as postgres. Where that is, and with which password, belongs to dlt's own configuration, such as the "
            "environment variable DESTINATION__POSTGRES__CREDENTIALS."
        )
    found = None
    try:
        found = _by_name(name)
        client, capabilities = found.client_class, found.capabilities()
    except UnknownDestinationModule:  # not chained: it quotes the name, which may be a key
        raise ValueError(
            f"dlt knows no destination {quoted(name)}, and its configuration gives none that name."
        ) from None
    except (ImportError, MissingDependencyException) as error:
        kind = name if found is None else found.destination_type.rpartition(".")[2]
        of_type = "" if kind == name else f" is of the type {kind}, which"
        raise ModuleNotFoundError(
            f"The destination {name!r}{of_type} needs a library: python3 -m pip install 'dlt[{kind}]'",
            name=f"dlt[{kind}]",
        ) from error
    if not (issubclass(client, WithStateSync) and can_merge(capabilities)):
        raise ValueError(
            f"The destination {name!r} cannot replace rows that are read again, or cannot keep how far the sync has "
            "come: choose a database, such as postgres."
        )
    if capabilities.supports_ddl_transactions and capabilities.supports_transactions is None:
        found = _by_name(name, **_ATOMIC)
    return Target(name, name, found)


def _file(path: Path) -> Path:
    """Return where a file is or will be, also through links."""
    try:
        return _regular(path)
    except UnicodeEncodeError as error:
        raise SyncError(f"{quoted(str(path))} cannot be opened: its path is not UTF-8.") from error


def _regular(path: Path) -> Path:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SyncError(f"{path} cannot be opened: it is not a regular file.")
    except (FileNotFoundError, NotADirectoryError):
        pass  # it is created, or its folder is found missing, later on
    except OSError as error:
        raise SyncError(f"{path} cannot be opened: {error.strerror}.") from error
    file = path.resolve()
    if (database := file.name.partition(".")[0].lower()) in {DATASET, f"{DATASET}_staging"}:
        raise ValueError(
            f"{path} needs another name, such as {DEFAULT_DESTINATION}: DuckDB calls the database after its file, and "
            f"takes {database!r} for the schema in it."
        )
    str(file).encode()  # DuckDB takes the bytes of UTF-8 alone
    return file


def _publish(new: Path, file: Path) -> None:
    """Give a file its name, unless another run, which has locked another folder of dlt's, was as fast."""
    try:
        file.hardlink_to(new)
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        new.replace(file)


def _by_name(name: str, **capabilities: Any) -> Destination[Any, Any]:
    return cast("Destination[Any, Any]", Destination.from_reference(name, **capabilities))
