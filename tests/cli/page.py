"""What a page of `plot` shows, and a window to plot."""

import json
import re
from pathlib import Path
from typing import Any

BERLIN = ["--timezone", "Europe/Berlin"]
AUTUMN = ["--since", "2025-10-24", "--until", "2025-10-28", *BERLIN]


def content(page: Path) -> dict[str, Any]:
    """Return what a page shows, as it carries it."""
    found = re.search(r'id="content">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    loaded: dict[str, Any] = json.loads(found[1])
    return loaded
