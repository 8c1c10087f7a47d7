"""Limit what a run reads from dlt's configuration to the settings of the destination.

dlt has settings that would make a run drop stored rows, write into another schema, or print. A run must not depend on
settings for other pipelines, so it ignores them.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from dlt.common.configuration.container import Container
from dlt.common.configuration.providers import ConfigProvider
from dlt.common.configuration.providers.toml import TomlProviderReadException
from dlt.common.configuration.specs import configspec
from dlt.common.configuration.specs.base_configuration import ContainerInjectableContext
from dlt.common.configuration.specs.config_providers_context import ConfigProvidersContainer
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext
from dlt.common.destination.client import DestinationClientDwhWithStagingConfiguration
from dlt.common.exceptions import DltException

from apitally_traffic.sync._errors import SyncError, sentence_of

_SECTIONS = {"destination", "credentials"}
# Settings that every destination has, such as the name of its staging schema, are the same for each run.
_FIXED = set(DestinationClientDwhWithStagingConfiguration.get_resolvable_fields()) - {"credentials", "destination_type"}

_lock = threading.Lock()
_runs = 0


@configspec
class _Run(ContainerInjectableContext):
    """Marks the thread of a run and dlt's own threads that work for it."""


class _Settings:
    """A provider of dlt's settings that returns only those of the destination to a run."""

    def __init__(self, provider: ConfigProvider) -> None:
        self.provider = provider

    def __getattr__(self, name: str) -> Any:
        return getattr(self.provider, name)

    def get_value(self, key: str, hint: type, pipeline_name: str | None, *sections: str) -> tuple[Any, str]:
        """Return a value, and the name of the setting for the user."""
        is_taken = (*sections, key)[0] in _SECTIONS and key not in _FIXED
        if is_taken or _Run not in Container():
            return self.provider.get_value(key, hint, pipeline_name, *sections)
        return None, key


@contextmanager
def destination_alone() -> Iterator[None]:
    """During the block, hide all of dlt's settings from this thread except those that describe a destination.

    Raises:
        SyncError: dlt cannot read or use its configuration, or there is no working directory.
    """
    try:
        Path.cwd()
        providers = Container()[PluggableRunContext].providers
    except FileNotFoundError as error:
        raise SyncError("The working directory does not exist any more: change to another one.") from error
    except TomlProviderReadException as error:
        raise SyncError(_unreadable(error)) from error
    except Exception as error:  # a value of an unexpected type may raise any error
        raise SyncError(_unusable(error)) from error
    with _filtered(providers), Container().injectable_context(_Run()):
        try:
            yield
        except DltException as error:
            raise SyncError(_unusable(error)) from error


@contextmanager
def _filtered(container: ConfigProvidersContainer) -> Iterator[None]:
    """Put the filter in front of each provider, as long as a run in any thread needs it."""
    global _runs  # noqa: PLW0603 - dlt's providers are global, too
    with _lock:
        if not _runs:
            container.providers = [cast("ConfigProvider", _Settings(provider)) for provider in container.providers]
        _runs += 1
    try:
        yield
    finally:
        with _lock:
            _runs -= 1
            if not _runs:
                container.providers = [
                    provider.provider if isinstance(provider, _Settings) else provider
                    for provider in container.providers
                ]


def _unusable(error: Exception) -> str:
    return (
        "dlt's configuration, in variables such as RUNTIME__LOG_LEVEL or in [runtime] of .dlt/config.toml or "
        f".dlt/secrets.toml, cannot be used: {sentence_of(error).rstrip('.')}."
    )


def _unreadable(error: TomlProviderReadException) -> str:
    """Return which file cannot be read and why, without dlt's quotation of it, which may contain a password."""
    cause = error.__context__
    line = getattr(cause, "line", None)
    if isinstance(cause, OSError):
        reason = cause.strerror
    elif isinstance(cause, UnicodeDecodeError):
        reason = "it is not in UTF-8"
    else:
        reason = f"line {line} is not TOML" if line else "it is not TOML"
    files = " or ".join(path for path in error.full_paths if Path(path).is_file())
    return f"dlt cannot read {files}: {reason}."
