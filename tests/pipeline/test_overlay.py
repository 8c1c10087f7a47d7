"""The overlay changes what it says, and nothing else."""

import json
from typing import Any

import pytest

from spec_pipeline.document import read_document
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
    """Each documented answer, the added ones included, refers to the three headers."""
    responses = overlaid_spec(project)["paths"]["/v1/apps/{app_id}/traffic"]["get"]["responses"]
    assert set(responses) == {"200", "401", "403", "404", "422", "429"}
    for response in responses.values():
        assert set(response["headers"]) == RATE_LIMIT_HEADERS


def test_action_without_target_is_refused(project: Project) -> None:
    """When the vendor's spec moves away under an action, the message names the action and why it was there."""
    pin = read_document(project.pin)
    pin["paths"] = {"/v2/apps/{app_id}/traffic": pin["paths"]["/v1/apps/{app_id}/traffic"]}
    project.pin.write_text(json.dumps(pin))
    with pytest.raises(PipelineError, match=r"action 1 no longer applies.*/v1/apps.*operationId is the framework's"):
        overlaid_spec(project)


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
