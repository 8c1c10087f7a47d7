"""What the texts for contributors say of the tree is true."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "wrappers" / "apitally_traffic"
MOCK = ROOT / "mock_server" / "apitally_mock"
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


@pytest.mark.parametrize(
    ("heading", "package", "rooms"),
    [
        ("A request, to the wire and back", CLIENT, ("_transport", "_paging", "_query")),
        ("A request to the mock server", MOCK, ("_api", "_control", "_faults")),
    ],
)
def test_the_drawings_show_the_modules(heading: str, package: Path, rooms: tuple[str, ...]) -> None:
    """Each module in a drawing exists, and each module of the rooms that a request goes through is drawn."""
    _, _, rest = read("ARCHITECTURE.md").partition(f"\n## {heading}\n")
    section, _, _ = rest.partition("\n## ")
    drawn = {Path(path).name for path in re.findall(r"[\w/]+\.py", section)}
    assert drawn - {path.name for path in package.rglob("*.py")} == set()
    on_the_way = {path.name for room in rooms for path in (package / room).glob("*.py")}
    assert on_the_way - drawn - {"__init__.py"} == set()


def test_nothing_unpublished_is_installed_by_name() -> None:
    """The package is not on PyPI: guides install it from a checkout or from the address of a tag."""
    guides = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "skills").rglob("*.md")]
    assert len(guides) > 10
    assert [
        path.name for path in guides if re.search(r"install\s+['\"]?apitally-traffic", path.read_text("utf-8"))
    ] == []


def read(name: str) -> str:
    """Return a text of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")
