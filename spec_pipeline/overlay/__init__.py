"""Apply the overlay to the pin, and refuse an action that no longer applies.

The specification of overlays ignores a target that matches nothing; here that is an error, because it means that the
vendor has changed the part of the spec that one of our corrections is about.
"""

import copy
from collections.abc import Sequence

from spec_pipeline.openapi.operation_ids import refuse_shared_operation_ids, with_short_operation_ids
from spec_pipeline.openapi.parsing import Document, read_document
from spec_pipeline.openapi.references import Spec
from spec_pipeline.openapi.schema_objects import without_null_keywords
from spec_pipeline.openapi.time_limit import TooLongError, time_limit
from spec_pipeline.openapi.validation import Flaw, validate_openapi
from spec_pipeline.overlay.actions import apply_action
from spec_pipeline.overlay.format import validate_overlay
from spec_pipeline.project import PipelineError, Project


def overlaid_spec(project: Project) -> Document:
    """Read the pin, apply the overlay, and return the spec that everything else is made from.

    Raises:
        PipelineError: the pin or the overlay cannot be read or is not valid, an action's target is not in the pin, or
            the result is not valid OpenAPI.
    """
    pin = read_document(project.pin)
    return overlay_onto(pin, validate_openapi(pin, project.pin.name), project)


def overlay_onto(document: Document, flaws: Sequence[Flaw], project: Project) -> Document:
    """Return a spec with short operationIds and the project's overlay applied, without flaws that it did not have.

    Args:
        document: the spec.
        flaws: the flaws that it has, and may keep.
        project: where the overlay is.

    Raises:
        PipelineError: the overlay cannot be read or is not valid, an action's target is not in the spec, two operations
            would have the same name, or the result is not valid OpenAPI.
    """
    overlay = read_document(project.overlay)
    validate_overlay(overlay, project.overlay.name)
    origin = f"{project.pin.name} with {project.overlay.name} applied"
    with time_limit(f"{project.overlay.name} takes too long to apply"):
        document = with_short_operation_ids(without_null_keywords(document))
        spec = apply_overlay(document, overlay)
        refuse_shared_operation_ids(spec, origin)
        try:
            _refuse_new_flaws(spec, origin, flaws)
        except TooLongError:
            raise
        except PipelineError as error:
            raise _blame_action(error, document, flaws, overlay) from error
    return spec


def _refuse_new_flaws(document: Document, origin: str, flaws: Sequence[Flaw]) -> None:
    # Without the place: a response that was a reference stands elsewhere now.
    known = {(flaw.rule, flaw.message) for flaw in flaws}
    for flaw in validate_openapi(document, origin):
        if (flaw.rule, flaw.message) not in known:
            raise PipelineError(f"{origin} is not valid OpenAPI: {flaw}")


def apply_overlay(document: Document, overlay: Document) -> Document:
    """Return a copy of the document with the overlay's actions applied, in their order.

    Raises:
        PipelineError: an action's target is not JSONPath, is not in the document, or is of another kind than the
            update.
    """
    result = copy.deepcopy(document)
    _inline_responses(result)
    for number, action in enumerate(overlay["actions"], start=1):
        apply_action(result, action, f"Overlay action {number}")
    return result


def _inline_responses(document: Document) -> None:
    """Replace responses that are references by their targets: beside a `$ref`, an update has no effect."""
    spec = Spec(document, "the spec")
    for path_item in document.get("paths", {}).values():
        for operation in path_item.values():
            responses = operation.get("responses", {}) if isinstance(operation, dict) else {}
            responses |= {status: copy.deepcopy(spec.resolve(response)) for status, response in responses.items()}


def _blame_action(error: PipelineError, document: Document, flaws: Sequence[Flaw], overlay: Document) -> PipelineError:
    """Return the error with the first action that makes the spec invalid, and the action's reason."""
    actions = overlay["actions"]
    for number in range(len(actions) + 1):
        try:
            _refuse_new_flaws(apply_overlay(document, {"actions": actions[:number]}), "the spec", flaws)
        except TooLongError:
            raise
        except PipelineError:
            break
    if not number:
        return error
    reason = actions[number - 1]["description"].strip()
    return PipelineError(f"{error} Overlay action {number} makes it so. It is there because: {reason}")
