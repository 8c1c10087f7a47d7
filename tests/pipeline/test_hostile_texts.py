"""Names of the vendor say nothing but themselves, on the terminal and in the Markdown of a pull request."""

from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from spec_pipeline.project import Project
from spec_pipeline.texts import escaped, escaped_line
from tests.pipeline.repinning import candidate, operation, run

HOSTILE = (
    "<script>alert(1)</script>",
    "a`b``c",
    "``<img src=https://evil.example/x>[click](javascript:1) @octocat",
    "x|y",
    "\\|",
    "l1\nl2",
    "![i](https://evil.example/x.png)",
    "\u202eevil",
    "\x1b[31mred\x1b]8;;http://e\x07",
    "\u2028sep",
    "\x9b31m",
    "`",
)


def hostile(spec: dict[str, Any]) -> None:
    """Put the names into places, values, flaws and operations."""
    item = spec["components"]["schemas"]["TrafficItem"]["properties"]
    item |= {name: {"type": "string"} for name in HOSTILE}
    item["q"] = {"type": "string", "enum": ["a"], "default": "".join(HOSTILE)}
    parameters = operation(spec)["parameters"]
    parameters += [{"name": name, "in": "query", "schema": {"type": "string"}} for name in HOSTILE]
    spec["info"]["version"] = "".join(HOSTILE)
    for number, name in enumerate(HOSTILE):
        answer = {"204": {"description": "Done"}}
        spec["paths"][f"/{number}/{name}"] = {"get": {"operationId": f"get_{number}", "responses": answer, name: 1}}


def test_markdown_and_terminal_show_names_as_they_are(
    project: Project, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """No name starts a tag, a link, an image, a mention or a cell, or has a control character, whatever it is."""
    report = tmp_path / "changes.md"
    run(project, "--from", candidate(project, hostile), "--dry-run", "--accept-flaws", "--report", report)
    output = capsys.readouterr()
    text = report.read_text(encoding="utf-8")
    for shown in (output.out, output.err, text):
        assert [char for char in shown if char != "\n" and not char.isprintable()] == []
    assert "\\x1b[31mred" in output.out
    assert "\\u202eevil" in text
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    inside = [child for token in tokens for child in token.children or ()]
    assert {child.type for child in inside} == {"text", "code_inline"}
    assert [child.content for child in inside if child.type == "text" and "octocat" in child.content] == []
    codes = {child.content for child in inside if child.type == "code_inline"}
    assert {name for name in HOSTILE if f"query parameter {escaped_line(name)}" not in codes} == set()


def test_escapes_are_those_of_python() -> None:
    """What is shown as it is stays, such as letters and emoji; line breaks end no line but in a text of several."""
    assert escaped("a\tb\nc \u202e \ud800 \U000e0001 é 🙂") == "a\\x09b\nc \\u202e \\ud800 \\U000e0001 é 🙂"
    assert escaped_line(" a\n\x1bb\u2028c ") == "a \\x1bb c"
