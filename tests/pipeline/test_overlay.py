"""The overlay changes what it says, and nothing else."""

import json
from typing import Any

import pytest

from spec_pipeline.openapi.parsing import read_document
from spec_pipeline.overlay import apply_overlay, overlaid_spec
from spec_pipeline.project import PipelineError, Project

OPERATION = "/paths/~1v1~1apps~1{app_id}~1traffic/get"
RATE_LIMIT_HEADERS = {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}


def leaves(value: Any, place: str = "") -> dict[str, Any]:
    """Flatten a document into its scalars, and its empty containers, by JSON pointer."""
    if isinstance(value, dict) and value:
        pairs = ((key.replace("~", "~0").replace("/", "~1"), child) for key, child in value.items())
    elif isinstance(value, list) and value:
        pairs = ((str(index), child) for index, child in enumerate(value))
    else:
        return {place: value}
    return {pointer: leaf for key, child in pairs for pointer, leaf in leaves(child, f"{place}/{key}").items()}


def test_overlay_changes_only_what_it_names(project: Project) -> None:
    """Of all that the pin says, the operationId alone changes; all else is added, in the places that are meant."""
    before, after = leaves(read_document(project.pin)), leaves(overlaid_spec(project))
    assert {place for place in before if after.get(place) != before[place]} == {f"{OPERATION}/operationId"}
    assert after[f"{OPERATION}/operationId"] == "get_traffic"
    added = after.keys() - before.keys()
    allowed = ("/components/headers/", *(f"{OPERATION}/responses/{status}/" for status in (401, 403, 429)))
    in_answers = tuple(f"{OPERATION}/responses/{status}/headers/" for status in (200, 404, 422))
    assert [place for place in added if not place.startswith(allowed + in_answers)] == []


def test_every_answer_carries_the_rate_limit_headers(project: Project) -> None:
    """Each documented response, the added ones included, refers to the three headers."""
    responses = overlaid_spec(project)["paths"]["/v1/apps/{app_id}/traffic"]["get"]["responses"]
    assert set(responses) == {"200", "401", "403", "404", "422", "429"}
    for response in responses.values():
        assert set(response["headers"]) == RATE_LIMIT_HEADERS


def test_action_without_target_is_refused(project: Project) -> None:
    """When the vendor's spec moves away under an action, the message names the action and why it was there."""
    project.overlay.write_text(
        "overlay: 1.0.0\ninfo: {title: t, version: 1.0.0}\n"
        "actions: [{target: \"$.paths['/v2/traffic'].get\", description: a better name, update: {operationId: t}}]\n"
    )
    with pytest.raises(PipelineError, match=r"action 1 no longer applies.*/v2/traffic.*because: a better name"):
        overlaid_spec(project)


def test_answer_that_is_a_reference_is_corrected_like_one_that_is_spelled_out(project: Project) -> None:
    """When the vendor moves a response into the components, the spec under the overlay stays the same."""
    before = overlaid_spec(project)["paths"]
    pin = read_document(project.pin)
    responses = pin["paths"]["/v1/apps/{app_id}/traffic"]["get"]["responses"]
    pin["components"]["responses"] = {"NotFound": responses["404"]}
    responses["404"] = {"$ref": "#/components/responses/NotFound"}
    project.pin.write_text(json.dumps(pin))
    assert overlaid_spec(project)["paths"] == before


def test_action_that_makes_the_spec_invalid_is_named(project: Project) -> None:
    """When the result is not valid OpenAPI, the message says where, through which action and why it was there."""
    project.overlay.write_text(
        "overlay: 1.0.0\ninfo: {title: t, version: 1.0.0}\nactions:\n"
        "  - {target: $.info, description: harmless, update: {summary: S}}\n"
        "  - {target: $.info, description: as the prose says, update: {version: 7}}\n"
    )
    said = r"at info/version: 7 is not of type .string.\. Overlay action 2 makes it so.*because: as the prose says"
    with pytest.raises(PipelineError, match=said):
        overlaid_spec(project)


def test_no_action_is_blamed_for_what_the_vendor_did(project: Project) -> None:
    """A response that refers to a thing of another kind is reported as it is."""
    pin = read_document(project.pin)
    answers = pin["paths"]["/v1/apps/{app_id}/traffic"]["get"]["responses"]
    answers["404"] = {"$ref": "#/components/schemas/TrafficItem"}
    project.pin.write_text(json.dumps(pin))
    with pytest.raises(PipelineError, match="is not valid OpenAPI") as caught:
        overlaid_spec(project)
    assert "Overlay action" not in str(caught.value)


def test_action_needs_a_reason(project: Project) -> None:
    """An action whose description is empty is refused: each one says why."""
    project.overlay.write_text(
        "overlay: 1.0.0\ninfo: {title: t, version: 1.0.0}\n"
        "actions: [{target: $.info, description: ' ', update: {title: T}}]\n"
    )
    with pytest.raises(PipelineError, match=r"action 1 \(\$.info\): add a description that says why"):
        overlaid_spec(project)


def test_applying_leaves_the_document_alone() -> None:
    """The document that is handed in stays as it was, and actions apply in their order."""
    document = {"info": {"title": "a"}}
    actions = [
        {"target": "$.info", "description": "first", "update": {"title": "b", "x-new": {}}},
        {"target": "$.info['x-new']", "description": "sees the first", "update": {"k": 1}},
    ]
    assert apply_overlay(document, {"actions": actions}) == {"info": {"title": "b", "x-new": {"k": 1}}}
    assert document == {"info": {"title": "a"}}
