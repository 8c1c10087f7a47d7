"""Write log lines to stderr if `APITALLY_LOG` is set."""

import logging
import os
import sys
from contextlib import suppress

from apitally_traffic._texts import quoted
from apitally_traffic.errors import ConfigurationError


def switch_on_logging() -> None:
    """Write the package's log lines to stderr if `APITALLY_LOG` is `debug` or `info`.

    No handler is added to a logger that has one, and the added one is silent while the root logger has handlers.

    Raises:
        ConfigurationError: `APITALLY_LOG` is neither `debug` nor `info`.
    """
    level = os.environ.get("APITALLY_LOG", "").strip().upper()
    if not level:
        return
    if level not in {"DEBUG", "INFO"}:
        raise ConfigurationError(f"APITALLY_LOG must be debug or info, not {quoted(level.lower())}.")
    logger = logging.getLogger("apitally_traffic")
    logger.setLevel(level)
    if not logger.handlers:
        handler = _StderrHandler()
        handler.addFilter(lambda _: not logging.getLogger().handlers)
        handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
        logger.addHandler(handler)


class _StderrHandler(logging.Handler):
    """Writes to the current `sys.stderr`. A line that cannot be written is dropped instead of failing the request."""

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(Exception):
            sys.stderr.write(f"{self.format(record)}\n")
            sys.stderr.flush()
