"""Acknowledged findings: broken promises, each with a reason, that stay visible and do not fail a run."""

from collections.abc import Collection
from pathlib import Path


class BaselineError(ValueError):
    """The baseline cannot be used; the message is one sentence for the user."""


def read_baseline(path: str | None, promise_ids: Collection[str]) -> dict[str, str]:
    """Read a file with one `promise-id: reason` a line; empty lines and lines that begin with # are skipped.

    Args:
        path: the file; `None` for no acknowledged finding.
        promise_ids: the ids of all promises.

    Raises:
        BaselineError: it cannot be read, or a line names no promise, or gives no reason.
    """
    if path is None:
        return {}
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BaselineError(f"The baseline {path} cannot be read: {error}.") from error
    acknowledged = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        promise_id, _, reason = (part.strip() for part in line.partition(":"))
        if promise_id not in promise_ids:
            raise BaselineError(
                f"{path}, line {number}: there is no promise {promise_id!r}; the closing table lists them."
            )
        if not reason:
            raise BaselineError(f"{path}, line {number}: say after a colon why {promise_id} is acknowledged.")
        acknowledged[promise_id] = reason
    return acknowledged
