"""Keep the API key out of what the command quotes from its own command line."""

import re
import sys

_QUOTATION = re.compile(r"'.*'", re.DOTALL)


def without_key(message: str) -> str:
    """Return the message of an error without the key that the command would use, wherever that comes from."""
    try:
        from httpx import BaseTransport  # noqa: PLC0415

        from apitally_traffic import ConfigurationError, TrafficClient  # noqa: PLC0415
        from apitally_traffic._redaction.redactor import without_keys  # noqa: PLC0415 - what the client's own messages go through
    except (ImportError, MemoryError):
        return _QUOTATION.sub("'…'", message)
    try:
        # Nothing but the key can be wrong with this one: server, proxy and certificates are not those of the user.
        client = TrafficClient(_typed_key(), base_url="http://localhost", transport=BaseTransport())
    except ConfigurationError:
        return message
    with client:
        return without_keys(message)


def _typed_key() -> str | None:
    """Return the key of the option, which cannot be parsed where another one is wrong."""
    name = "--api-key"
    for argument, following in zip(sys.argv, [*sys.argv[1:], ""], strict=True):
        if argument == name:
            return following
        if argument.startswith(f"{name}="):
            return argument.removeprefix(f"{name}=")
    return None
