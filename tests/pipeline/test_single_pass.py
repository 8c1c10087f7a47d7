"""A re-pin does each costly step once, and hands the result on."""

import pytest

from spec_pipeline import overlay, repin
from spec_pipeline.openapi import validation
from spec_pipeline.openapi.parsing import Document, read_document
from spec_pipeline.overlay import actions
from spec_pipeline.project import Project
from tests.pipeline.repinning import candidate, drop_a_field, run


def test_each_document_is_validated_and_overlaid_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pin, the new document, and the new document with the overlay are validated; each action is applied once."""
    validated: list[str] = []
    applied: list[str] = []
    apply = actions.apply_action

    def validate(document: Document, origin: str) -> list[validation.Flaw]:
        validated.append(origin)
        return validation.validate_openapi(document, origin)

    def count_actions(document: Document, action: Document, name: str) -> None:
        applied.append(action["target"])
        apply(document, action, name)

    monkeypatch.setattr(repin, "validate_openapi", validate)
    monkeypatch.setattr(overlay, "validate_openapi", validate)
    monkeypatch.setattr(overlay, "apply_action", count_actions)
    path = candidate(project, drop_a_field)
    assert run(project, "--from", path) == 0
    assert validated == [str(path), "openapi.json", "openapi.json with overlay.yaml applied"]
    assert applied == [action["target"] for action in read_document(project.overlay)["actions"]]
