"""What the texts for contributors say of the tree is true."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "wrappers" / "apitally_traffic"
TEXTS = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md"]
MADE_BY_COMMANDS = (".nox/", "dist/", "reports/", "~/", "/_mock/")


@pytest.mark.parametrize("name", TEXTS)
def test_paths_exist(name: str) -> None:
    """Every file and folder that a text names in backticks is there, but for those that commands make."""
    quoted = re.findall(r"`([\w.~/-]+(?:/|/[\w.-]+|\.(?:json|md|py|toml|yaml|yml)))`", read(name))
    paths = [path for path in quoted if not path.startswith(MADE_BY_COMMANDS)]
    assert paths
    assert [
        path for path in paths if not any((folder / path).exists() for folder in (ROOT, CLIENT, ROOT / "docs"))
    ] == []


@pytest.mark.parametrize("name", TEXTS)
def test_links_lead_somewhere(name: str) -> None:
    """Every link to a file of the repository leads to one."""
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", read(name)) if "://" not in link]
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_drawing_shows_the_modules_of_the_client() -> None:
    """Each module in the drawing exists, and each module of the transport, of paging and of the query is drawn."""
    drawing = read("ARCHITECTURE.md")
    drawn = {Path(path).name for path in re.findall(r"[\w/]+\.py", drawing)}
    assert drawn - {path.name for path in CLIENT.rglob("*.py")} == set()
    on_the_way = {path.name for room in ("_transport", "_paging", "_query") for path in (CLIENT / room).glob("*.py")}
    assert on_the_way - drawn - {"__init__.py"} == set()


def read(name: str) -> str:
    """Return a text of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")
