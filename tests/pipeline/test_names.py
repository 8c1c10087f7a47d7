"""Which generated public names differ, and who mentions them."""

import json
from pathlib import Path

import pytest

from spec_pipeline.__main__ import main
from spec_pipeline.names import NameChange, compare_names, mentions, public_names
from spec_pipeline.project import Project
from spec_pipeline.suggestions import suggest_names

FUNCTIONS = "".join(
    f"def {name}(app_id: int, *, limit: int = 1) -> str: ...\n"
    for name in ("sync", "sync_detailed", "asyncio", "asyncio_detailed")
)
OLD = {
    "__init__.py": "",
    "api/__init__.py": "",
    "api/get.py": "import httpx\n" + FUNCTIONS + "def _get_kwargs(): ...\n",
    "api/gone.py": FUNCTIONS,
    "item.py": "from typing import TypeVar\nT = TypeVar('T')\nclass Item:\n    size: int\n    _x: int\n    kept: str\n",
}
NEW = {
    "__init__.py": "",
    "api/__init__.py": "",
    "api/get.py": "import attrs\n" + FUNCTIONS.replace("limit: int = 1", "limit: int = 2") + "def _other(): ...\n",
    "item.py": "class Item:\n    size: str\n    _y: int\n    kept: str\nclass Extra:\n    inside: int\n",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write a package as the generator would, and return the folder that holds it."""
    for name, text in files.items():
        path = folder / "apitally_api_client" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_public_names_that_differ(tmp_path: Path) -> None:
    """New, vanished and changed names are told; private ones, imports and the inside of new ones are not."""
    old, new = (write(tmp_path / name, files) for name, files in (("old", OLD), ("new", NEW)))
    changed = compare_names(public_names(old), public_names(new))
    assert [(change.event, change.name, change.word) for change in changed] == [
        ("changed", "api.get.asyncio", "get"),
        ("changed", "api.get.asyncio_detailed", "get"),
        ("changed", "api.get.sync", "get"),
        ("changed", "api.get.sync_detailed", "get"),
        ("vanished", "api.gone", "gone"),
        ("appeared", "item.Extra", "Extra"),
        ("changed", "item.Item.size", "size"),
    ]
    assert changed[0].difference == "-limit: int = 1  +limit: int = 2"
    assert changed[-1].difference == "-int  +str"
    assert compare_names(public_names(old), public_names(old)) == []


def test_mentions_are_whole_words_with_their_place(tmp_path: Path) -> None:
    """A word is found as a word, in Python files alone, with the file below the folder and all of its lines."""
    folder = tmp_path / "wrappers"
    folder.mkdir()
    (folder / "query.py").write_text("x = item.size\nsizes = 1\nprint(size, size)\n")
    (folder / "notes.md").write_text("size\n")
    (folder / "frames.py").write_text("\n" * 9 + "size\n" * 40)
    lines = ",".join(str(number) for number in range(10, 50))
    assert mentions({"size", "Item"}, folder) == {"size": [f"wrappers/frames.py:{lines}", "wrappers/query.py:1,3"]}


def test_long_names_of_branches_get_a_suggestion() -> None:
    """A new class named after a branch gets a shorter name that is free; others, and names in use, get none."""
    api = "api.apps.list_apps.sync_detailed"
    names = [api, "models.order.Order", "models.kind.Kind"]
    new = {
        "models.a.ListAppsKindType0": "ListAppsKind",
        "models.b.ListAppsSortType1": "Sort",
        "models.c.AppItemStateType0": "AppItemState",
        "models.d.Type0": None,
        "models.e.PrototypeType": None,
    }
    changed = [NameChange(name, None, ("x",)) for name in new]
    assert {each.generated: each.class_name for each in suggest_names(changed, [*names, *new])} == {
        name.rpartition(".")[2]: short for name, short in new.items() if short
    }
    assert str(suggest_names(changed, names)[1]) == "ListAppsSortType1: {class_name: Sort, module_name: sort}"


def test_suggestion_works_as_it_is_printed(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """The suggested entry, put into the configuration as it is printed, gives the class the shorter name."""
    spec = json.loads(project.pin.read_bytes())
    schema = {"anyOf": [{"type": "string", "enum": ["asc", "desc"]}, {"type": "null"}]}
    operation = spec["paths"]["/v1/apps/{app_id}/traffic"]["get"]
    operation["parameters"].append({"name": "order", "in": "query", "schema": schema})
    path = project.root.parent / "order.json"
    path.write_text(json.dumps(spec))
    command = ["--root", str(project.root), "regenerate", "--from", str(path), "--dry-run"]
    assert main(command) == 0
    entry = capsys.readouterr().out.strip().rpartition("\n")[2]
    assert entry == "  GetTrafficOrderType0: {class_name: Order, module_name: order}"
    project.config.write_text(project.config.read_text().replace("class_overrides:", f"class_overrides:\n{entry}"))
    assert main(command) == 0
    output = capsys.readouterr().out
    assert "models.order.Order" in output
    assert "Type0" not in output
