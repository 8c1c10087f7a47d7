"""Convert failures to messages and exit codes.

The exit codes are those of Apitally's own command-line tool:

    0    success
    1    anything that is not listed here, such as a missing extra or too little memory
    2    the command line cannot be parsed
    3    no usable key or base URL, 401, 403
    4    invalid times or timezone, times in the wrong order, 400, 404, 422
    5    any other failure of the API, the network, files and databases
    130  Ctrl-C
"""

import errno
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click

from apitally_traffic_cli.resource_errors import sentence_of_shortage

EXTRAS = {
    "click": "cli",
    "dlt": "sync",
    "duckdb": "sync",
    "plotext": "plot",
    "pyarrow": "arrow",
    "rich": "cli",
    "vl_convert": "plot",
}
"""The extra for each library that a command imports when it runs."""

_WRITE_FAILURES = {errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOSPC}

# The client's messages name its arguments, which are options on the command line.
_WITHOUT_OPTION = re.compile(r", or raise the (timeout|deadline)\b")
_ARGUMENT = re.compile(r"(\bpass |^|\bis after )([a-z_]+)\b")


SPELLINGS = "apitally_traffic_cli.spellings"
"""The key in a command's `Context.meta` of the spelling of each option, by the name of the argument."""
_CONNECTION = {"api_key": "--api-key", "base_url": "--base-url"}


class AccessError(click.ClickException):
    """The API cannot be used with this key."""

    exit_code = 3


class InputError(click.ClickException):
    """The arguments are invalid in a way that only the client or the API can detect."""

    exit_code = 4


class FailureError(click.ClickException):
    """The API, the network, a file or a database failed."""

    exit_code = 5


@contextmanager
def handled() -> Iterator[None]:
    """Convert each failure that a user can cause to a `click.ClickException` with a sentence and an exit code.

    If the reader of a pipe closes it, the command ends quietly with exit code 0.
    """
    try:
        try:
            yield
        except (click.exceptions.Exit, SystemExit):
            _flush()  # click and argparse end the command after a help text
            raise
        _flush()
    except BrokenPipeError:
        _discard(sys.stdout)
    except OSError as error:
        _discard(sys.stdout)
        raise FailureError(_sentence_of_system(error)) from error
    except (click.ClickException, click.Abort, click.exceptions.Exit):
        raise
    except BaseException as error:
        failure = _failure_for(error)
        if failure is None:
            raise
        raise failure from error
    finally:
        _flush_what_can_be_written()


def _failure_for(error: BaseException) -> click.ClickException | None:
    """Return the exception to raise instead of an error, or None for an error that users cannot cause."""
    if isinstance(error, ModuleNotFoundError):
        return _missing(error)
    if shortage := sentence_of_shortage(error):
        return click.ClickException(shortage)
    kind = kind_of(error) if isinstance(error, Exception) else None
    return kind(sentence_of(error)) if kind else None


def _missing(error: ModuleNotFoundError) -> click.ClickException | None:
    if (error.name or "").startswith("dlt["):
        return click.ClickException(str(error))
    extra = EXTRAS.get((error.name or "").partition(".")[0])
    if extra is None:
        return None
    return click.ClickException(
        f"{error.name} is not installed; this needs it: python3 -m pip install 'apitally-traffic[{extra}]'"
    )


def sentence_of(error: BaseException) -> str:
    """Return the message of an error of the client, with its arguments replaced by the options of the command."""
    context = click.get_current_context(silent=True)
    typed = _CONNECTION if context is None else _CONNECTION | context.meta.get(SPELLINGS, {})
    sentence = _WITHOUT_OPTION.sub("", str(error))
    return _ARGUMENT.sub(lambda match: match[1] + typed.get(match[2], match[2]), sentence)


def kind_of(error: Exception) -> type[click.ClickException] | None:
    """Return the exception class for an error of the client; None for other errors."""
    if "apitally_traffic" not in sys.modules:
        return None
    from apitally_traffic import errors  # noqa: PLC0415 - already imported, as the check above shows

    kinds: dict[type[Exception], type[click.ClickException]] = {
        errors.ConfigurationError: AccessError,
        errors.AuthenticationError: AccessError,
        errors.PermissionDeniedError: AccessError,
        errors.NotFoundError: InputError,
        errors.InvalidRequestError: InputError,
        errors.ApitallyError: FailureError,
    }
    return next((kind for cause, kind in kinds.items() if isinstance(error, cause)), None)


def _sentence_of_system(error: OSError) -> str:
    if error.filename:
        return f"{error.filename}: {error.strerror or error}."
    if isinstance(error, FileNotFoundError) and not _is_somewhere():
        return "The working directory does not exist any more: change to another one."
    if error.errno in _WRITE_FAILURES:  # all other files are named where they are written
        return f"stdout cannot be written: {error.strerror}."
    return f"{error.strerror or error}."


def _is_somewhere() -> bool:
    """Return whether the working directory exists."""
    try:
        Path.cwd()
    except FileNotFoundError:
        return False
    return True


def _flush() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()


def _flush_what_can_be_written() -> None:
    """Flush stdout, or discard its content if that fails, so that this error does not replace an earlier one."""
    try:
        _flush()
    except OSError:
        _discard(sys.stdout)


def _discard(stream: IO[str] | None) -> None:
    """Discard the rest of a stream's buffer, which Python would otherwise try to write again when it exits."""
    if stream is None:
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
