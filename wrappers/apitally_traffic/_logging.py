"""Log lines on stderr, for those who set `APITALLY_LOG`."""

import logging
import os
import sys
from contextlib import suppress

from apitally_traffic._texts import quoted
from apitally_traffic.errors import ConfigurationError


def switch_on_logging() -> None:
    """Write the package's log lines to stderr if `APITALLY_LOG` asks for it.

    A logger with handlers stays as it is, and nothing is written while the program handles all log lines itself.

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
    """Writes to what is stderr at the time. A line that cannot be written is dropped, and costs no rows."""

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(Exception):
            sys.stderr.write(f"{self.format(record)}\n")
            sys.stderr.flush()
