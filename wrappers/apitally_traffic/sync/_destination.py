"""The destination of a sync: a DuckDB file, or one that dlt's own configuration describes."""

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
# What each file of DuckDB has after a checksum. DuckDB would download an extension to open a file of SQLite.
_DUCKDB_MAGIC = slice(8, 12), b"DUCK"
# Without this, dlt deletes old rows and inserts new ones in two transactions, and a kill in between loses rows.
_ATOMIC: dict[str, Any] = {"supports_transactions": True}


@dataclass(frozen=True)
class Target:
    """The destination of a run.

    Attributes:
        name: the name that the user gave.
        identity: a text that identifies the destination.
        destination: dlt's destination.
        file: the DuckDB file, or None.
    """

    name: str
    identity: str
    destination: Destination[Any, Any]
    file: Path | None = None

    @property
    def is_new(self) -> bool:
        """Whether the destination is a file that does not exist yet."""
        return self.file is not None and not self.file.exists()

    def create_file(self, *, keep: bool) -> None:
        """Create the DuckDB file, if it does not exist, in a temporary folder beside it, and move it to its name.

        If a full disk or a kill interrupts DuckDB, it leaves an incomplete file, which no later run could open.

        Args:
            keep: False to only try it and leave no file, before it is known whether there will be rows.

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
            # Without the path in the error, which is that of the temporary folder.
            reason = error.strerror if isinstance(error, OSError) and error.strerror else sentence_of(error)
            raise SyncError(f"{self.name} cannot be created: {reason.rstrip('.')}.") from error


def resolve_destination(destination: str | os.PathLike[str]) -> Target:
    """Return the destination for a DuckDB file or for the name of a destination of dlt.

    Raises:
        ModuleNotFoundError: a library that the destination needs is missing; `name` is that of dlt's extra.
        SyncError: the path cannot be used for a file.
        TypeError: the destination is neither a str nor a path.
        ValueError: there is no such destination, it cannot replace rows or keep dlt's state, or a file has the same
            name as the schema in it.
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
            f"dlt knows no destination {quoted(name)}, and none of that name is in its configuration."
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
    """Return the absolute path of an existing or new file, with symbolic links resolved."""
    try:
        return _regular(path)
    except UnicodeEncodeError as error:
        raise SyncError(f"{quoted(str(path))} cannot be opened: its path is not UTF-8.") from error


def _regular(path: Path) -> Path:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SyncError(f"{path} cannot be opened: it is not a regular file.")
    except (FileNotFoundError, NotADirectoryError):
        pass  # later, the file is created, or its folder is reported as missing
    except OSError as error:
        raise SyncError(f"{path} cannot be opened: {error.strerror}.") from error
    file = path.resolve()
    if not _is_duckdb(file):
        raise SyncError(f"{path} is not a DuckDB database: choose another file, or move this one.")
    if (database := file.name.partition(".")[0].lower()) in {DATASET, f"{DATASET}_staging"}:
        raise ValueError(
            f"{path} needs another name, such as {DEFAULT_DESTINATION}: DuckDB calls the database after its file, and "
            f"takes {database!r} for the schema in it."
        )
    str(file).encode()  # raises an error for a path that is not UTF-8, which DuckDB does not accept
    return file


def _is_duckdb(file: Path) -> bool:
    """Return whether a file is a DuckDB database, or does not exist, or cannot be read, which DuckDB will tell."""
    place, magic = _DUCKDB_MAGIC
    try:
        with file.open("rb") as content:
            return content.read(place.stop)[place] == magic
    except OSError:
        return True


def _publish(new: Path, file: Path) -> None:
    """Give a file its name, unless a concurrent run, with its lock in another folder of dlt's, has created it first."""
    try:
        file.hardlink_to(new)
    except FileExistsError:
        pass
    except OSError:  # a file system without hard links
        new.replace(file)


def _by_name(name: str, **capabilities: Any) -> Destination[Any, Any]:
    return cast("Destination[Any, Any]", Destination.from_reference(name, **capabilities))
