"""Apply the overlay to the pin, and refuse an action that no longer fits it.

oas-patch does the work. It passes over a target that matches nothing; here that is an error, because it means that the
vendor's spec has moved away under one of our corrections.
"""

import copy

import oas_patch
from jsonpath_ng.ext.parser import parse
from ruamel.yaml import YAML

from spec_pipeline.changes.compare.references import Spec
from spec_pipeline.document import Document, read_document, validate_openapi
from spec_pipeline.project import PipelineError, Project


def overlaid_spec(project: Project) -> Document:
    """Read the pin, apply the overlay, and return the spec that everything else is made from.

    Raises:
        PipelineError: the pin or the overlay cannot be read, one of them is not valid, an action's target is not in
            the pin, or the result is not valid OpenAPI.
    """
    pin = read_document(project.pin)
    validate_openapi(pin, project.pin.name)
    return overlay_onto(pin, project)


def overlay_onto(pin: Document, project: Project) -> Document:
    """Return a valid spec with the project's overlay applied.

    Raises:
        PipelineError: the overlay cannot be read or is not valid, an action's target is not in the spec, or the result
            is not valid OpenAPI.
    """
    overlay = read_document(project.overlay)
    _validate_overlay(overlay, project.overlay.name)
    spec = apply_overlay(pin, overlay)
    try:
        validate_openapi(spec, f"{project.pin.name} under {project.overlay.name}")
    except PipelineError as error:
        raise _blamed(error, pin, overlay) from error
    return spec


def apply_overlay(document: Document, overlay: Document) -> Document:
    """Return a copy of the document with the overlay's actions applied, in their order.

    Raises:
        PipelineError: an action's target is not in the document.
    """
    result = copy.deepcopy(document)
    _put_answers_in_place(result)
    for number, action in enumerate(overlay["actions"], start=1):
        if not parse(action["target"]).find(result):
            raise PipelineError(
                f"Overlay action {number} no longer applies: the spec has no {action['target']}. "
                f"It was there because: {action['description'].strip()}"
            )
        oas_patch.apply_overlay(result, {"actions": [copy.deepcopy(action)]})
    return result


def _put_answers_in_place(document: Document) -> None:
    """Spell out answers that are references: beside one, what an action adds would mean nothing."""
    spec = Spec(document, "the spec")
    for path_item in document.get("paths", {}).values():
        for operation in path_item.values():
            answers = operation.get("responses", {}) if isinstance(operation, dict) else {}
            answers |= {status: copy.deepcopy(spec.resolve(answer)) for status, answer in answers.items()}


def _blamed(error: PipelineError, pin: Document, overlay: Document) -> PipelineError:
    """Return the error with the first action after which the spec is not valid, and why it is there."""
    actions = overlay["actions"]
    for number in range(len(actions) + 1):
        try:
            validate_openapi(apply_overlay(pin, {"actions": actions[:number]}), "the spec")
        except PipelineError:
            break
    if not number:
        return error
    reason = actions[number - 1]["description"].strip()
    return PipelineError(f"{error} Overlay action {number} makes it so. It is there because: {reason}")


def _validate_overlay(overlay: Document, origin: str) -> None:
    report = YAML(typ="safe").load(oas_patch.validate(overlay, "yaml"))
    if report["status"] != "success":
        first = report["errors"][0]
        raise PipelineError(
            f"{origin} is not a valid Overlay, at {first['path'] or 'the top level'}: {first['message']}."
        )
    for number, action in enumerate(overlay["actions"], start=1):
        if not action.get("description", "").strip():
            raise PipelineError(f"{origin}, action {number} ({action['target']}): add a description that says why.")
