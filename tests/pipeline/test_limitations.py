"""What the generator writes wrongly is refused, with what is wrong and a cure that works; nothing else is."""

import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML

from spec_pipeline.generator import generate
from spec_pipeline.generator.refusal import RefusedError
from spec_pipeline.overlay import apply_overlay
from spec_pipeline.project import PipelineError, Project
from tests.pipeline.generated_package import OPTIONS, Arguments, Package, document, generate_unchecked, imported
from tests.pipeline.parts.documents import (
    BYTES,
    FLAG,
    FORM,
    JSON,
    TEXT,
    fields,
    items,
    parameter,
    remove,
    returns,
    sends,
    takes,
    to,
)
from tests.pipeline.parts.part import Part
from tests.pipeline.parts.right import COMPONENTS, READ, SENT, right_paths
from tests.pipeline.parts.wrong import WRONG
from tests.pipeline.repinning import candidate, operation, run
from tests.pipeline.test_commands import contents

GUIDE = Path(__file__).parents[2] / "docs" / "spec-changes.md"
each_part = pytest.mark.parametrize("part", WRONG, ids=[part.name for part in WRONG])


def of(parts: Iterable[Part]) -> dict[str, Any]:
    """Return a document with some parts."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for part in parts:
        paths |= part.paths
        schemas |= part.schemas
    # An update of one part changes no other that is written with the same constant.
    spec: dict[str, Any] = json.loads(json.dumps(document(paths, schemas)))
    return spec


def configuration(folder: Path, options: dict[str, Any]) -> Path:
    """Write a configuration of the generator."""
    path = folder / "codegen.json"
    path.write_text(json.dumps(OPTIONS | options), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Part], Package]]:
    """Return a function that returns the package that the generator alone writes for a part."""
    with ExitStack() as stack:

        @functools.cache
        def of_all() -> Package:
            folder = tmp_path_factory.mktemp("wrong")
            generate_unchecked(of(part for part in WRONG if not part.alone), folder)
            return stack.enter_context(imported(folder))

        def of_one(part: Part) -> Package:
            if not part.alone:
                return of_all()
            folder = tmp_path_factory.mktemp("alone")
            generate_unchecked(of([part]), folder)
            return stack.enter_context(imported(folder))

        yield of_one


@pytest.fixture(scope="module")
def cured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Package]:
    """Return the package of all parts, each with its cure."""
    folder = tmp_path_factory.mktemp("cured")
    actions = [
        action | {"target": action["target"].replace("PATH", f"$.paths['{part.path}']")}
        for part in WRONG
        for action in part.actions
    ]
    options: dict[str, Any] = {}
    for part in WRONG:
        for name, values in part.options.items():
            options.setdefault(name, {}).update(values)
    target = folder / "target"
    target.mkdir()
    generate(apply_overlay(of(WRONG), {"actions": actions}), configuration(folder, options), target)
    (target / "apitally_api_client").rename(target / "cured_client")
    with imported(target / "cured_client") as package:
        yield package


@each_part
def test_refused(part: Part, tmp_path: Path) -> None:
    """A part is refused with what would be wrong, where, and what to do, in one line; nothing is written."""
    target = tmp_path / "target"
    target.mkdir()
    with pytest.raises(PipelineError) as caught:
        generate(of([part]), configuration(tmp_path, {}), target)
    message = str(caught.value)
    assert message.startswith("openapi-python-client would generate a client that is wrong: ")
    assert part.message in message
    assert part.cure in message
    assert message.endswith(".")
    assert "\n" not in message
    assert list(target.iterdir()) == []


@each_part
def test_wrong_without_the_refusal(part: Part, packages: Callable[[Part], Package]) -> None:
    """The generator alone does write the part wrongly; a version that does not needs no refusal."""
    assert part.result(packages(part), cured=False) == part.before


@each_part
def test_cure(part: Part, cured: Package) -> None:
    """With the overlay or the configuration that the refusal asks for, the part is accepted, and right."""
    assert part.result(cured, cured=True) == part.after


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Package]:
    """Return the package of all parts that the generator writes right."""
    folder = tmp_path_factory.mktemp("right")
    target = folder / "right"
    target.mkdir()
    generate(document(right_paths(), COMPONENTS), configuration(folder, {}), target)
    (target / "apitally_api_client").rename(target / "right_client")
    with imported(target / "right_client") as package:
        yield package


@pytest.mark.parametrize(("name", "arguments", "sent"), [(row[0], *row[3:]) for row in SENT], ids=[r[0] for r in SENT])
def test_right_request(name: str, arguments: Arguments, sent: str, right: Package) -> None:
    """A neighbour of what is refused is accepted, and sends what it should."""
    assert right.request(name, arguments) == sent


@pytest.mark.parametrize(("name", "content"), [(row[0], row[2]) for row in READ], ids=[row[0] for row in READ])
def test_right_response(name: str, content: Any, right: Package) -> None:
    """A neighbour of what is refused is accepted, and reads what comes."""
    assert right.response(name, content) == content


def test_two_operations_in_one_module(tmp_path: Path) -> None:
    """Operations whose generated names are the same are refused: one module overwrites the other."""
    spec = document({path: {"get": returns(TEXT)} for path in ("/a-b", "/a_b")})
    with pytest.raises(PipelineError, match="GET /a-b and GET /a_b: they would be in one module, get_a_b") as caught:
        generate(spec, configuration(tmp_path, {}), tmp_path)
    assert "Give one of the operations an operationId" in str(caught.value)
    generate_unchecked(spec, tmp_path / "wrong")
    assert [path.name for path in (tmp_path / "wrong/api/default").glob("get*")] == ["get_a_b.py"]
    target = tmp_path / "target"
    target.mkdir()
    action = {"target": "$.paths['/a_b'].get", "description": "d", "update": {"operationId": "other"}}
    generate(apply_overlay(spec, {"actions": [action]}), configuration(tmp_path, {}), target)
    assert len(list((target / "apitally_api_client/api/default").iterdir())) == 3


def test_place_of_a_class_inside_an_operation(tmp_path: Path) -> None:
    """A field of a schema that is no component is refused with the pointer to the schema."""
    spec = document({"/a": {"get": {"operationId": "a", **returns(fields(d=TEXT, e=TEXT))}}})
    place = re.escape("#/paths/~1a/get/responses/200/content/application~1json/schema, field d: the generated code")
    with pytest.raises(PipelineError, match=place):
        generate(spec, configuration(tmp_path, {}), tmp_path)


def test_circular_schemas_end(tmp_path: Path) -> None:
    """Schemas that are part of each other, which the generator cannot read either, end in a sentence."""
    either = {"oneOf": [to("A"), to("B")], "discriminator": {"propertyName": "kind"}}
    schemas = {"A": {"allOf": [to("B")]}, "B": {"allOf": [to("A")]}}
    spec = document({"/a": {"get": {"operationId": "a", **returns(either)}}}, schemas)
    with pytest.raises(PipelineError, match="the discriminator is not read"):
        generate(spec, configuration(tmp_path, {}), tmp_path)


def test_parameters_of_a_path(tmp_path: Path) -> None:
    """A parameter that all operations of a path have is refused like one of an operation."""
    get = {"operationId": "a", **returns(TEXT)}
    spec = document({"/a": {"get": get, **takes(parameter("params"), parameter("a", {"allOf": [TEXT]}))}})
    with pytest.raises(PipelineError) as caught:
        generate(spec, configuration(tmp_path, {}), tmp_path)
    assert "GET /a, query parameter params: the generated function" in str(caught.value)
    assert "#/paths/~1a/parameters/1/schema: what is no object" in str(caught.value)


def test_what_no_operation_reaches(tmp_path: Path) -> None:
    """What is neither sent nor read is not refused for how it would be."""
    get = {"get": {"operationId": "a", "responses": {"204": {"description": ""}}}}
    spec = document({"/a": get}, {"Unused": fields("a", a={**BYTES, "writeOnly": True})})
    spec["components"]["parameters"] = {"Unused": parameter("params", FLAG, "path", style="matrix")}
    (tmp_path / "target").mkdir()
    generate(spec, configuration(tmp_path, {}), tmp_path / "target")
    assert (tmp_path / "target" / "apitally_api_client" / "models").is_dir()


def test_many_are_counted(tmp_path: Path) -> None:
    """The sentence names five parts, counts the others, and says once what to do."""
    spec = document(
        {
            f"/{number}": {"get": {"operationId": f"get_{number}", **takes(parameter("params")), **returns(TEXT)}}
            for number in range(8)
        }
    )
    with pytest.raises(RefusedError, match=r"GET /4, [^;]*; and 3 more, 8 in all, as listed above\. ") as caught:
        generate(spec, configuration(tmp_path, {}), tmp_path)
    assert str(caught.value).count("A parameter cannot be given another name") == 1
    assert len(caught.value.parts) == 8


def test_references_to_parts(tmp_path: Path) -> None:
    """A parameter, a body and a response that are references are refused like any other, where they are defined."""
    refers = {
        "operationId": "a",
        "parameters": [{"$ref": "#/components/parameters/P"}],
        "requestBody": {"$ref": "#/components/requestBodies/B"},
        "responses": {"200": {"$ref": "#/components/responses/R"}},
    }
    spec = document({"/a": {"post": refers}}, {"S": fields("a", a={**TEXT, "writeOnly": True})})
    spec["components"] |= {
        "parameters": {"P": parameter("ids", items(TEXT), explode=False)},
        "requestBodies": {"B": {"content": {JSON: {"schema": BYTES}}}},
        "responses": {"R": {"description": "", "content": {JSON: {"schema": to("S")}}}},
    }
    with pytest.raises(PipelineError) as caught:
        generate(spec, configuration(tmp_path, {}), tmp_path)
    assert "#/components/parameters/P, query parameter ids, in POST /a: the style form without" in str(caught.value)
    assert "#/components/schemas/S, field a: it is writeOnly" in str(caught.value)
    assert "#/components/requestBodies/B/content/application~1json/schema: a string in JSON" in str(caught.value)


def test_refusal_changes_nothing(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A new spec with such a part is refused in one line, and every file stays; so it is in a dry run."""
    spec = candidate(project, lambda spec: operation(spec)["parameters"].append(parameter("params")))
    before = contents(project.root)
    for arguments in (["--dry-run"], []):
        assert run(project, "--from", spec, *arguments) == 2
        error = capsys.readouterr().err
        assert "GET /v1/apps/{app_id}/traffic, query parameter params: the generated function uses" in error
        assert (error.startswith("error: "), error.count("\n")) == (True, 1)
        assert contents(project.root) == before


def test_any_json(tmp_path: Path) -> None:
    """A response of any value is accepted: what comes is the content of the detailed response."""
    spec = document({"/a": {"get": {"operationId": "a", **returns({})}}})
    generate(spec, configuration(tmp_path, {}), tmp_path)
    (tmp_path / "apitally_api_client").rename(tmp_path / "any_client")
    with imported(tmp_path / "any_client") as package:
        assert package.response("a", {"b": 1}) is None
        module = package.module("api.default.a")
        assert not hasattr(module, "sync")
        answer = httpx.Response(200, json={"b": 1})
        with httpx.Client(base_url="http://server", transport=httpx.MockTransport(lambda _: answer)) as transport:
            client = package.module("client").Client(base_url="http://server").set_httpx_client(transport)
            assert json.loads(module.sync_detailed(client=client).content) == {"b": 1}


def examples_of_guide() -> list[list[dict[str, Any]]]:
    """Return the actions of each example in the guide."""
    section = GUIDE.read_text(encoding="utf-8").partition("\n## What the generator writes wrongly\n")[2]
    return [YAML(typ="safe").load(text.partition("```")[0]) for text in section.split("```yaml\n")[1:]]


def test_guide_removes_references(tmp_path: Path) -> None:
    """The target in the guide that removes a shared parameter selects each reference to it."""
    target = re.search(r"`(\$\.paths\S+/Ids'\)\])`", GUIDE.read_text(encoding="utf-8"))
    assert target
    refers = takes({"$ref": "#/components/parameters/Ids"}, parameter("a"))
    spec = document({f"/{name}": {"get": {"operationId": name, **refers, **returns(TEXT)}} for name in "bc"})
    spec["components"]["parameters"] = {"Ids": parameter("params")}
    with pytest.raises(
        PipelineError, match="#/components/parameters/Ids, query parameter params, in GET /b and 1 more"
    ):
        generate(spec, configuration(tmp_path, {}), tmp_path)
    generate(apply_overlay(spec, {"actions": [remove(target[1])]}), configuration(tmp_path, {}), tmp_path)


def test_guide_removes_an_operation(tmp_path: Path) -> None:
    """The action in the guide that removes an operation cures any part of it."""
    post = {"operationId": "post_app", **returns(TEXT), **sends((JSON, fields(a=TEXT)), (FORM, fields(a=TEXT)))}
    spec = document({"/v1/apps": {"post": post, "get": {"operationId": "apps", **returns(TEXT)}}})
    with pytest.raises(PipelineError, match="several content types"):
        generate(spec, configuration(tmp_path, {}), tmp_path)
    generate(apply_overlay(spec, {"actions": examples_of_guide()[1]}), configuration(tmp_path, {}), tmp_path)
    modules = {path.stem for path in (tmp_path / "apitally_api_client/api/default").glob("[a-z]*.py")}
    assert modules == {"apps"}


def test_guide_shows_actions_that_work(tmp_path: Path) -> None:
    """The actions in the guide correct the parts that they speak of."""
    actions = examples_of_guide()[0]
    get = {"operationId": "apps", **takes(parameter("a"), parameter("ids", items(TEXT), explode=False))}
    spec = document({"/v1/apps": {"get": {**get, **returns(to("Point"))}}}, {"Point": fields("a", "d", a=TEXT, d=TEXT)})
    (tmp_path / "target").mkdir()
    with pytest.raises(PipelineError, match=r"parameter ids: .*#/components/schemas/Point, field d: "):
        generate(spec, configuration(tmp_path, {}), tmp_path / "target")
    generate(apply_overlay(spec, {"actions": actions}), configuration(tmp_path, {}), tmp_path / "target")
