"""An entry of codegen.yaml that fits nothing in the spec is a warning, and changes nothing else."""

from typing import Any

import pytest
from ruamel.yaml import YAML

from spec_pipeline.project import Project
from tests.pipeline.repinning import candidate, operation, run

NO_CLASS = "warning: codegen.yaml: class_overrides has {0}, but no class would have this name;"
NO_TYPE = "warning: codegen.yaml: content_type_overrides has {0}, but no operation has this content type;"


def configure(project: Project, **options: Any) -> None:
    """Add options to the project's codegen.yaml."""
    yaml = YAML(typ="safe")
    known = yaml.load(project.config)
    for name, entries in options.items():
        known[name] = known.get(name, {}) | entries
    yaml.dump(known, project.config)


def warnings(text: str) -> list[str]:
    """Return the lines of an output that warn."""
    return [line for line in text.splitlines() if line.startswith("warning: ")]


def test_entries_that_fit_are_silent(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Classes and content types that the spec has are no warning, whether they get another name or the same."""
    configure(
        project,
        class_overrides={"TrafficItem": {"class_name": "Row"}, "HTTPValidationError": {"module_name": "invalid"}},
        content_type_overrides={"application/json": "application/json"},
    )
    assert run(project) == 0
    assert warnings(capsys.readouterr().out) == []


@pytest.mark.parametrize("arguments", [[], ["--from"], ["--from", "--dry-run"]], ids=["regenerate", "pin", "dry run"])
def test_entries_that_fit_nothing(project: Project, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Each entry is named once, with exit code 0: unknown classes, those named after their new name, content types."""
    overrides = {"Gone": {"class_name": "Kept"}, "traffic_item": {"class_name": "Row"}, "Interval": {}}
    configure(project, class_overrides=overrides, content_type_overrides={"text/x-gone": "application/json"})
    if arguments:
        arguments = [arguments[0], str(candidate(project, lambda _: None)), *arguments[1:]]
    assert run(project, *arguments) == 0
    lines = sorted(warnings(capsys.readouterr().out))
    starts = sorted([*(NO_CLASS.format(name) for name in overrides), NO_TYPE.format("text/x-gone")])
    assert [line.startswith(start) for line, start in zip(lines, starts, strict=True)] == [True] * 4


def test_renamed_schema(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the vendor renames what an entry is for, the dry run says so beside the names that change."""
    configure(project, class_overrides={"TrafficItem": {"class_name": "TrafficRow", "module_name": "traffic_row"}})
    assert run(project) == 0
    renamed = candidate(project, lambda spec: spec["components"]["schemas"]["TrafficItem"].update(title="Traffic"))
    assert run(project, "--from", renamed, "--dry-run") == 0
    output = capsys.readouterr().out
    assert "models.traffic_row.TrafficRow" in output
    assert [line.startswith(NO_CLASS.format("TrafficItem")) for line in warnings(output)] == [True]


def test_content_type_of_one_operation(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A content type that one response has fits; one that stands in no operation does not."""
    configure(project, content_type_overrides={"application/x-a": "application/json", "text/x-b": "text/plain"})

    def answer(spec: dict[str, Any]) -> None:
        operation(spec)["responses"]["404"]["content"] = {"application/x-a": {"schema": {"type": "string"}}}
        spec["components"]["responses"] = {"Unused": {"description": "", "content": {"text/x-b": {}}}}

    assert run(project, "--from", candidate(project, answer), "--dry-run") == 0
    assert [line.startswith(NO_TYPE.format("text/x-b")) for line in warnings(capsys.readouterr().out)] == [True]
