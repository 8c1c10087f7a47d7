"""A page in headless Chromium, as people on different machines see it."""

import shutil
import subprocess
from pathlib import Path

import pytest

_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def screenshot(page: Path, *, timezone: str = "UTC", width: int = 1000) -> bytes:
    """Return a picture of a page, or skip the test where there is no browser."""
    target = page.with_suffix(f".{width}.{timezone.replace('/', '-')}.png")
    _browse(page, f"--screenshot={target}", f"--window-size={width},900", timezone=timezone)
    return target.read_bytes()


def document(page: Path, script: str = "", *, width: int = 1000) -> str:
    """Return the HTML of a page after a script of the test has run in it."""
    copy = page.with_suffix(".tried.html")
    before, end, after = page.read_text(encoding="utf-8").rpartition("</body>")
    copy.write_text(f'{before}<script type="module">{script}</script>{end}{after}', encoding="utf-8")
    return _browse(copy, "--dump-dom", f"--window-size={width},900")


def _browse(page: Path, *options: str, timezone: str = "UTC") -> str:
    if _CHROMIUM is None:
        pytest.skip("this machine has no Chromium")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=10000", "--hide-scrollbars"]
    done = subprocess.run(
        [_CHROMIUM, *flags, f"--user-data-dir={page.parent / 'profile'}", *options, page.as_uri()],
        env={"TZ": timezone, "HOME": str(page.parent), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
        encoding="utf-8",
        timeout=120,
    )
    return done.stdout
