"""Each action of an overlay changes what its target selects, as the Overlay specification says, or is one sentence."""

import copy
from typing import Any

import pytest

from spec_pipeline.openapi.parsing import Document
from spec_pipeline.overlay import apply_overlay
from spec_pipeline.project import PipelineError, Project
from tests.pipeline.repinning import run
from tests.pipeline.test_commands import contents

DOCUMENT: Document = {
    "info": {"title": "t", "version": "1"},
    "tags": ["a", "b", "c"],
    "paths": {
        "/x": {"get": {"parameters": [{"name": "limit", "s": 1}, {"name": "b", "s": 2}, {"name": "c", "s": 2}]}},
        "/y": {"get": {"parameters": [{"name": "limit", "s": 3}, {"name": "d", "s": 4}]}},
    },
}
PARAMETERS = "$.paths['/x'].get.parameters"


def applied(*actions: Document) -> Document:
    """Return the document with some actions applied."""
    return apply_overlay(DOCUMENT, {"actions": [{"description": "why", **action} for action in actions]})


def parameters(document: Document, path: str = "/x") -> list[str]:
    """Return the names of an operation's parameters, those that were updated with a star."""
    found = document["paths"][path]["get"]["parameters"]
    return [parameter["name"] + ("*" if "new" in parameter else "") for parameter in found]


ELEMENTS = [
    ("[0]", "limit* b c", "b c"),
    ("[-1]", "limit b c*", "limit b"),
    ("[0,2]", "limit* b c*", "b"),
    ("[0:2]", "limit* b* c", "c"),
    ("[::2]", "limit* b c*", "b"),
    ("[*]", "limit* b* c*", ""),
    (".*", "limit* b* c*", ""),
    ("[0,0]", "limit* b c", "b c"),
    ("[?(@.name=='limit')]", "limit* b c", "b c"),
    ('[?@.name == "limit"]', "limit* b c", "b c"),
    ("[?(@.s==2)]", "limit b* c*", "limit"),
    ("[?(@.s==2 && @.name=='b')]", "limit b* c", "limit c"),
    ("[?(@.s==1 || @.name=='c')]", "limit* b c*", "b"),
]


@pytest.mark.parametrize(("selector", "updated", "left"), ELEMENTS, ids=[row[0] for row in ELEMENTS])
def test_elements_of_a_list(selector: str, updated: str, left: str) -> None:
    """An update and a removal reach the elements that the target selects, however it does, and no others."""
    target = PARAMETERS + selector
    assert parameters(applied({"target": target, "update": {"new": {"a": 1}}})) == updated.split()
    assert parameters(applied({"target": target, "remove": True})) == left.split()


def test_elements_of_several_lists() -> None:
    """One element of each of several lists is removed, or updated, and not one more of each."""
    removed = applied({"target": "$.paths.*.get.parameters[0]", "remove": True})
    assert (parameters(removed), parameters(removed, "/y")) == (["b", "c"], ["d"])
    updated = applied({"target": "$..parameters[?(@.name=='limit')]", "update": {"new": 1}})
    assert (parameters(updated), parameters(updated, "/y")) == (["limit*", "b", "c"], ["limit*", "d"])


VALUES: list[tuple[str, Document, str, Any]] = [
    ("scalar in a list", {"target": "$.tags[1]", "update": "z"}, "tags", ["a", "z", "c"]),
    ("scalar removed", {"target": "$.tags[?(@=='b')]", "remove": True}, "tags", ["a", "c"]),
    ("list and list", {"target": "$.tags", "update": ["d", "e"]}, "tags", ["a", "b", "c", "d", "e"]),
    ("list and scalar", {"target": "$.tags", "update": "d"}, "tags", ["a", "b", "c", "d"]),
    ("list and object", {"target": "$.tags", "update": {"d": 1}}, "tags", ["a", "b", "c", {"d": 1}]),
    ("list and null", {"target": "$.tags", "update": None}, "tags", ["a", "b", "c", None]),
    ("text", {"target": "$.info.title", "update": "u"}, "info", {"title": "u", "version": "1"}),
    ("null", {"target": "$.info.title", "update": None}, "info", {"title": None, "version": "1"}),
    ("several", {"target": "$.info['title','version']", "update": "u"}, "info", {"title": "u", "version": "u"}),
    ("key", {"target": "$.info.title", "remove": True}, "info", {"version": "1"}),
    ("root", {"target": "$", "update": {"info": {"title": "u"}}}, "info", {"title": "u", "version": "1"}),
    ("lists inside", {"target": "$", "update": {"tags": ["d"]}}, "tags", ["a", "b", "c", "d"]),
    ("not removed", {"target": "$.tags[0]", "remove": False, "update": "z"}, "tags", ["z", "b", "c"]),
    ("removed, not updated", {"target": "$.tags[0]", "remove": True, "update": "z"}, "tags", ["b", "c"]),
    ("copy", {"target": "$.tags", "copy": "$.info"}, "tags", ["a", "b", "c", {"title": "t", "version": "1"}]),
    ("copy, not update", {"target": "$.tags[2]", "copy": "$.tags[0]", "update": "z"}, "tags", ["a", "b", "a"]),
]


@pytest.mark.parametrize(("action", "key", "value"), [row[1:] for row in VALUES], ids=[row[0] for row in VALUES])
def test_values(action: Document, key: str, value: Any) -> None:
    """Objects are merged, lists concatenated, scalars replaced; a removal is stronger than an update."""
    before = copy.deepcopy(DOCUMENT)
    result = applied(action)
    assert result[key] == value
    assert {name: result[name] for name in result if name != key} == {k: v for k, v in before.items() if k != key}
    assert before == DOCUMENT


def test_places_do_not_share_what_they_got() -> None:
    """Two places that one action has updated are changed apart from each other by the next one."""
    result = applied(
        {"target": "$.paths.*", "update": {"x-new": {"tags": ["a"]}}},
        {"target": "$.paths['/x'].x-new", "update": {"tags": ["b"]}},
        {"target": "$.paths.*.x-new", "update": {"tags": ["c"]}},
    )
    assert result["paths"]["/x"]["x-new"] == {"tags": ["a", "b", "c"]}
    assert result["paths"]["/y"]["x-new"] == {"tags": ["a", "c"]}


REFUSED: list[tuple[Document, str]] = [
    ({"target": "$.info", "update": None}, "cannot update $.info: it is an object, and the update null. It was there"),
    ({"target": "$.info", "update": [1]}, "cannot update $.info: it is an object, and the update a list."),
    ({"target": "$", "update": "a"}, "cannot update $: it is an object, and the update text."),
    ({"target": "$.tags[0]", "update": {}}, "it is text, and the update an object; name the object that it is in."),
    ({"target": "$", "remove": True}, "removes the whole spec: name the part that is to go."),
    ({"target": f"{PARAMETERS}[3]", "remove": True}, "no longer applies: the spec has no $.paths['/x']"),
    ({"target": "$.", "update": {}}, "its target $. cannot be read as JSONPath"),
    ({"target": f"{PARAMETERS}[?(@.name=~'(')]", "update": {}}, "cannot be read as JSONPath"),
    ({"target": f"{PARAMETERS}[?(length(@.name)>1)]", "update": {}}, "without functions such as length()."),
    ({"target": "$.info.`len`", "update": {}}, "its target $.info.`len` computes a value: name a part of the spec."),
    ({"target": "$.tags", "copy": "$.nothing"}, "copies $.nothing, which the spec has nowhere: name one place."),
    ({"target": "$.tags", "copy": "$.tags[*]"}, "copies $.tags[*], which the spec has 3 times: name one place."),
]


@pytest.mark.parametrize(("action", "sentence"), REFUSED, ids=[row[1] for row in REFUSED])
def test_what_cannot_be_applied_is_one_sentence(action: Document, sentence: str) -> None:
    """A target that selects nothing, no part of the document or another kind is refused, with the action's number."""
    with pytest.raises(PipelineError) as caught:
        applied({"target": "$.info", "update": {"title": "u"}}, action)
    message = str(caught.value)
    assert message.startswith("Overlay action 2")
    assert sentence in message
    assert "\n" not in message


HEAD = "overlay: 1.0.0\ninfo: {title: t, version: 1.0.0}\n"
INVALID = [
    ("", "overlay.yaml is empty; it must have an object"),
    ("# nothing\n", "overlay.yaml is empty; it must have an object"),
    ("info: {}\n", "at overlay: it is missing, and has to be the version of the Overlay specification, 1.0.0 or"),
    ("overlay: 1.0\n", "at overlay: it says 1.0, and has to be the version"),
    ("overlay: 2.0.0\n", "at overlay: it says 2.0.0, and has to be the version"),
    (HEAD, "at the top level: actions is missing."),
    (f"{HEAD}actions: []\n", "at actions: it has to have at least one."),
    (f"{HEAD}actions: {{}}\n", "at the top level: actions has to be a list."),
    (f"{HEAD}actions: [a]\n", "at action 1: it has to be an object."),
    (f"{HEAD}action: []\nactions: []\n", "at the top level: unknown field action."),
    ("overlay: 1.0.0\ninfo: {title: t, version: 1.0}\nactions: []\n", "at info: version has to be text; put it into"),
    (f"{HEAD}actions: [{{target: $.info, updat: {{}}}}]\n", "at action 1: unknown field updat."),
    (f"{HEAD}actions: [{{target: $.info, copy: $.info}}]\n", "at action 1: unknown field copy."),
    (f"{HEAD}actions: [{{target: info, update: {{}}}}]\n", "at action 1: the target info does not begin with $."),
    (f"{HEAD}actions: [{{update: {{}}}}]\n", "at action 1: target is missing."),
    (f"{HEAD}actions: [{{target: $.info}}]\n", "at action 1: it has neither an update nor `remove: true`"),
    (f"{HEAD}actions: [{{target: $.info, remove: false}}]\n", "at action 1: it has neither an update"),
    (f"{HEAD}actions: [{{target: $.info, remove: 'true'}}]\n", "at action 1: remove has to be true or false."),
    (f"{HEAD}actions: [{{target: $.paths, description: d, update: {{/a: b}}}}]\n", "at paths//a: 'b' is not of type"),
]


@pytest.mark.parametrize(("overlay", "sentence"), INVALID, ids=[row[1] for row in INVALID])
def test_what_is_no_overlay_is_one_sentence(
    project: Project, capsys: pytest.CaptureFixture[str], overlay: str, sentence: str
) -> None:
    """An overlay with a part missing, unknown or of another kind is refused with its place, and every file stays."""
    project.overlay.write_text(overlay, encoding="utf-8")
    before = contents(project.root)
    assert run(project) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert (error.startswith("error: "), error.count("\n")) == (True, 1)
    assert contents(project.root) == before


@pytest.mark.parametrize("version", ["1.0.0", "1.0.3", "1.1.0"])
def test_versions_and_extensions(project: Project, version: str) -> None:
    """Overlays of 1.0 and 1.1 are read, with the fields that begin with x-."""
    project.overlay.write_text(
        f"overlay: {version}\ninfo: {{title: t, version: 1.0.0, x-a: 1, description: d}}\nextends: openapi.json\n"
        "actions: [{target: $.info, description: d, update: {summary: s}, x-b: 2}]\nx-c: 3\n",
        encoding="utf-8",
    )
    assert run(project) == 0
