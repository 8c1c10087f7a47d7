"""Operations, tags and classes whose file some file system, or Python, does not take are refused with a cure."""

from pathlib import Path
from typing import Any

import pytest

from spec_pipeline.generator import generate
from spec_pipeline.overlay import apply_overlay
from spec_pipeline.project import PipelineError, Project
from tests.pipeline.generated_package import document, generate_unchecked, imported
from tests.pipeline.parts.documents import TEXT, fields, parameter, returns, takes, to
from tests.pipeline.repinning import candidate, operation, run
from tests.pipeline.test_commands import contents
from tests.pipeline.test_limitations import configuration

Schema = dict[str, Any]
LONG = "A" + "b" * 299
RENAME = {"target": "$.paths['/a'].get", "description": "d", "update": {"operationId": "short"}}
RETAG = [
    {"target": "$.paths['/a'].get.tags", "description": "d", "remove": True},
    {"target": "$.paths['/a'].get", "description": "d", "update": {"tags": ["short"]}},
]
TOO_LONG = "its file would have a name of 300 bytes, and 200 is the limit"
OPERATION_ID = "Give such an operation another operationId by an action in overlay.yaml."
TAG = "Give such operations another tag by two actions in overlay.yaml"


def get(**more: Any) -> Schema:
    """Return a document with one operation."""
    return document({"/a": {"get": {"operationId": "a", **returns(TEXT), **more}}})


def generated(spec: Schema, folder: Path, **options: Any) -> Path:
    """Return the folder of the package of a document."""
    target = folder / "target"
    target.mkdir(exist_ok=True)
    generate(spec, configuration(folder, options), target)
    return target / "apitally_api_client"


OPERATIONS: list[tuple[Schema, str, str, Any]] = [
    (get(operationId=LONG), f"GET /a: {TOO_LONG}", OPERATION_ID, [RENAME]),
    (get(operationId="b" * 201), "GET /a: its file would have a name of 201 bytes", OPERATION_ID, [RENAME]),
    (get(operationId="é" * 101), "GET /a: its file would have a name of 202 bytes", OPERATION_ID, [RENAME]),
    (get(operationId="aux"), "GET /a: Windows has no file of the name aux", OPERATION_ID, [RENAME]),
    (get(operationId="COM1"), "GET /a: Windows has no file of the name com1", OPERATION_ID, [RENAME]),
    (
        get(operationId="ﬁnd"),
        "GET /a: its file would have the name ﬁnd, and Python imports find",
        OPERATION_ID,
        [RENAME],
    ),
    (get(tags=[LONG]), f"GET /a, its tag: {TOO_LONG}", TAG, RETAG),
    (get(tags=["Con"]), "GET /a, its tag: Windows has no file of the name con", TAG, RETAG),
    (get(tags=["ﬁnd"]), "GET /a, its tag: its file would have the name ﬁnd", TAG, RETAG),
]


@pytest.mark.parametrize(("spec", "message", "cure", "actions"), OPERATIONS, ids=[row[1][:40] for row in OPERATIONS])
def test_operations_and_tags(spec: Schema, message: str, cure: str, actions: Any, tmp_path: Path) -> None:
    """They are refused with their place, and with another operationId or tag they are generated."""
    with pytest.raises(PipelineError) as caught:
        generated(spec, tmp_path)
    assert message in str(caught.value)
    assert cure in str(caught.value)
    assert list((tmp_path / "target").iterdir()) == []
    package = generated(apply_overlay(spec, {"actions": actions}), tmp_path)
    assert [path for path in package.glob("api/*/*.py") if "short" in str(path)]


CLASSES: list[tuple[str, Schema, str, str]] = [
    ("component", fields(a=TEXT), LONG, "#/components/schemas/Abbb"),
    ("device", fields(a=TEXT), "Con", "#/components/schemas/Con: Windows has no file of the name con"),
    ("enum", {"type": "string", "enum": ["v"]}, "nul", "#/components/schemas/nul: Windows has no file of the name nul"),
]


@pytest.mark.parametrize(("schema", "name", "message"), [row[1:] for row in CLASSES], ids=[row[0] for row in CLASSES])
def test_classes(schema: Schema, name: str, message: str, tmp_path: Path) -> None:
    """A class is refused with the entry of class_overrides that works."""
    spec = document({"/a": {"get": {"operationId": "a", **returns(fields(a=to(name)))}}}, {name: schema})
    with pytest.raises(PipelineError) as caught:
        generated(spec, tmp_path)
    assert message in str(caught.value)
    class_name = name.capitalize()
    new = {"class_name": f"{class_name[:60]}Model", "module_name": f"{class_name.lower()[:60]}_model"}
    entry = f"{class_name}: {{class_name: {new['class_name']}, module_name: {new['module_name']}}}"
    assert f"class_overrides: {{{entry}}}" in str(caught.value)
    package = generated(spec, tmp_path, class_overrides={class_name: new})
    assert (package / "models" / f"{new['module_name']}.py").is_file()


def test_class_named_after_its_place(tmp_path: Path) -> None:
    """A class that is named after a long property, or a long parameter, is refused, too."""
    enum = {"type": "string", "enum": ["v"]}
    for spec in (get(**returns(fields(**{LONG: enum}))), get(**takes(parameter(LONG, enum)))):
        with pytest.raises(PipelineError, match=r"its file would have a name of 3\d\d bytes"):
            generated(spec, tmp_path)


def test_neighbours_that_are_right(tmp_path: Path) -> None:
    """Names of 200 bytes, and long names of what has no file of its own, are generated, and work."""
    long = "b" * 200
    spec = document({"/a": {"get": {"operationId": "a", **takes(parameter(LONG)), **returns(to(long))}}})
    spec["components"]["schemas"] = {long: fields(**{LONG: TEXT}), "Console": fields(a=TEXT)}
    spec["paths"]["/b"] = {"get": {"operationId": "con_x", **returns(TEXT)}}
    folder = generated(spec, tmp_path).rename(tmp_path / "long_client")
    with imported(folder) as package:
        assert package.request("a", {LONG.lower(): "v"}) == f"/a?{LONG}=v"
        assert package.response("a", {LONG: "v"}) == {LONG: "v"}
        assert package.response("con_x", "v") == "v"


def test_names_that_differ_in_case(tmp_path: Path) -> None:
    """Tags that differ in case are one folder; classes, whatever class_overrides calls their modules, are refused."""
    paths = {
        f"/{tag}": {"get": {"operationId": f"get_{tag}_{number}", "tags": [tag], **returns(TEXT)}}
        for number, tag in enumerate(("Foo", "foo"))
    }
    assert len(list(generated(document(paths), tmp_path).glob("api/foo/get_*.py"))) == 2
    spec = document({"/a": {"get": {"operationId": "a", **returns(fields(a=to("One"), b=to("Two")))}}})
    spec["components"]["schemas"] = {"One": fields(a=TEXT), "Two": fields(b=TEXT)}
    overrides = {"One": {"module_name": "same"}, "Two": {"module_name": "Same"}}
    with pytest.raises(PipelineError, match="One and Two would be in one module, same"):
        generated(spec, tmp_path, class_overrides=overrides)


def test_the_generator_alone(tmp_path: Path) -> None:
    """The generator alone writes such files, or fails: a version that does not needs no refusal."""
    generate_unchecked(get(operationId="aux", tags=["con"]), tmp_path / "devices")
    assert (tmp_path / "devices/api/con/aux.py").is_file()
    generate_unchecked(get(operationId="ﬁnd"), tmp_path / "letters")
    assert (tmp_path / "letters/api/default/ﬁnd.py").is_file()
    with pytest.raises(OSError, match="too long"):
        generate_unchecked(get(operationId=LONG), tmp_path / "long")


def test_new_spec_with_a_long_name(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A run is refused in one line without the path of a folder, and every file stays."""
    spec = candidate(project, lambda spec: operation(spec).update(operationId=LONG))
    before = contents(project.root)
    for arguments in (["--dry-run"], []):
        assert run(project, "--from", spec, *arguments) == 2
        error = capsys.readouterr().err
        assert f"GET /v1/apps/{{app_id}}/traffic: {TOO_LONG}" in error
        assert (error.count("\n"), "apitally_api_client" in error) == (1, False)
        assert contents(project.root) == before
