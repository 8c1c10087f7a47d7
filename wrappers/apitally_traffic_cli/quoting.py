"""Keep the API key out of what the command quotes from its own command line."""

import sys
from contextlib import suppress


def without_key(message: str) -> str:
    """Return the message of an error without the key that the command would use, wherever that comes from.

    The client is loaded only where something is quoted, which is not often.
    """
    if "'" not in message:
        return message
    from apitally_traffic import ConfigurationError, TrafficClient  # noqa: PLC0415
    from apitally_traffic._redaction import without_keys  # noqa: PLC0415 - what the client's own messages go through

    with suppress(ConfigurationError), TrafficClient(_typed_key()):
        return without_keys(message)
    return message


def _typed_key() -> str | None:
    """Return the key of the option, which cannot be parsed where another one is wrong."""
    name = "--api-key"
    for argument, following in zip(sys.argv, [*sys.argv[1:], ""], strict=True):
        if argument == name:
            return following
        if argument.startswith(f"{name}="):
            return argument.removeprefix(f"{name}=")
    return None
