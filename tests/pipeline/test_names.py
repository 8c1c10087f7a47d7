"""Which generated public names differ, and who mentions them."""

from pathlib import Path

from spec_pipeline.names import compare_names, mentions, public_names

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
