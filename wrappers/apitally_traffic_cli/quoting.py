"""Remove the API key from messages that quote the command line."""

import re
import sys

_QUOTATION = re.compile(r"'.*'", re.DOTALL)


def without_key(message: str) -> str:
    """Return the message of an error without the key that the command would use, whatever the source of the key."""
    try:
        from httpx import BaseTransport  # noqa: PLC0415

        from apitally_traffic import ConfigurationError, TrafficClient  # noqa: PLC0415
        from apitally_traffic._redaction.redactor import without_keys  # noqa: PLC0415 - as for the client's own messages
    except (ImportError, MemoryError):
        return _QUOTATION.sub("'…'", message)
    try:
        # Only the key can be invalid here, because server, proxy and certificates are not the user's.
        client = TrafficClient(_typed_key(), base_url="http://localhost", transport=BaseTransport())
    except ConfigurationError:
        return message
    with client:
        return without_keys(message)


def _typed_key() -> str | None:
    """Return the value of `--api-key`, which click does not parse if another option is invalid."""
    name = "--api-key"
    for argument, following in zip(sys.argv, [*sys.argv[1:], ""], strict=True):
        if argument == name:
            return following
        if argument.startswith(f"{name}="):
            return argument.removeprefix(f"{name}=")
    return None
