"""Validate an OpenAPI document against the version of the specification that it declares."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from openapi_spec_validator.validation.exceptions import (
    DuplicateOperationIDError,
    ExtraParametersError,
    OpenAPIValidationError,
    ParameterDuplicateError,
    UnresolvableParameterError,
)
from referencing.exceptions import Unresolvable

from spec_pipeline.openapi.circular import circular_schemas
from spec_pipeline.openapi.parsing import Document, one_line
from spec_pipeline.openapi.references import Spec
from spec_pipeline.openapi.time_limit import time_limit
from spec_pipeline.openapi.validators import DefaultError, Validator30, Validator31
from spec_pipeline.project import PipelineError

_PAYLOADS = frozenset({"const", "default", "enum", "example", "examples"})
# The keys below these keywords are names, even if they are `default` or `example`.
_NAME_MAPS = frozenset(
    {
        *("$defs", "callbacks", "content", "definitions", "dependentSchemas", "headers", "links", "parameters"),
        *("pathItems", "paths", "patternProperties", "properties", "requestBodies", "responses", "schemas"),
        *("securitySchemes", "webhooks"),
    }
)


_SECONDS = 5
_SECONDS_PER_MEGABYTE = 20
# The entries of these objects are read as paths and responses, whatever their names.
_READ_WHOLE = frozenset({"paths", "responses"})
_RULES: dict[type[OpenAPIValidationError], str] = {
    DefaultError: "default-not-allowed",
    DuplicateOperationIDError: "operation-id-twice",
    ExtraParametersError: "required-property-undefined",
    ParameterDuplicateError: "parameter-twice",
    UnresolvableParameterError: "path-parameter-undeclared",
}


class Flaw(NamedTuple):
    """A violation of the specification that does not keep the pipeline from reading the document.

    Attributes:
        rule: which kind of flaw it is.
        place: where it is; empty if the message says so.
        message: what is wrong.
    """

    rule: str
    place: str
    message: str

    def __str__(self) -> str:
        """Return the flaw in one line."""
        return f"{self.rule}{f', at {self.place}' if self.place else ''}: {self.message}."


def validate_openapi(document: Document, origin: str) -> list[Flaw]:
    """Validate a document against the OpenAPI version that it declares.

    Args:
        document: the OpenAPI document.
        origin: how to name the document in messages.

    Returns:
        The slight flaws of the document; none if it is valid.

    Raises:
        PipelineError: the document cannot be read as OpenAPI, refers to another document, or has another version than
            3.0 and 3.1; the message says where.
    """
    version = _checked_version(document, origin)
    _refuse_other_documents(document, origin)
    validator = Validator30 if version.startswith("3.0") else Validator31
    spec = Spec(document, origin)
    flaws: list[Flaw] = []
    megabytes = len(json.dumps(document)) / 1e6
    limit = time_limit(
        _SECONDS + _SECONDS_PER_MEGABYTE * megabytes,
        f"{origin} takes too long to validate: a pattern or a combination of schemas grows exponentially.",
    )
    try:
        with limit:
            for error in validator(document).iter_errors():
                flaw = _flaw(spec, error)
                if flaw is None:
                    raise PipelineError(_invalid(origin, _place(spec, error), error.message)) from error
                flaws.append(flaw)
    except Unresolvable as error:
        reference = f"#{error.ref}" if error.ref.startswith("/") else error.ref
        raise PipelineError(f"{origin} refers to {reference}, which it does not define.") from error
    except RecursionError as error:
        raise PipelineError(f"{origin} is nested too deeply, or has a reference that leads back to itself.") from error
    except (AttributeError, KeyError, TypeError) as error:
        # The validator expects that a reference leads to the kind of object that belongs in its place.
        raise PipelineError(
            f"{origin} is not valid OpenAPI: one of its references leads to an object of the wrong kind "
            f"({type(error).__name__}: {one_line(str(error))})."
        ) from error
    flaws += [
        Flaw("circular-schema", f"components/schemas/{cycle[0]}", f"it is part of itself: {' → '.join(cycle)}")
        for cycle in circular_schemas(document)
    ]
    return list(dict.fromkeys(flaws))


def _checked_version(document: Document, origin: str) -> str:
    version = document.get("openapi", document.get("swagger"))
    if version is None:
        raise PipelineError(f"{origin} does not declare an OpenAPI version; is it an OpenAPI document?")
    if not re.fullmatch(r"3\.[01]\.\d+(-.+)?", str(version)):
        raise PipelineError(f"{origin} declares OpenAPI {version}; only 3.0.x and 3.1.x are supported.")
    return str(version)


def _refuse_other_documents(document: Document, origin: str) -> None:
    for reference in _references(document):
        if not reference.startswith("#"):
            raise PipelineError(f"{origin} refers to {reference}, another document; bundle it into one file first.")
        if reference != "#" and not reference.startswith("#/"):
            raise PipelineError(f"{origin} refers to {reference}; only references of the form #/… are followed.")


def _flaw(spec: Spec, error: OpenAPIValidationError) -> Flaw | None:
    """Return an error as a flaw; None if the document cannot be read because of it."""
    rule = _RULES.get(type(error))
    path = list(error.absolute_path)
    unknown = error.message.startswith(("Additional properties", "Unevaluated properties"))
    if rule is None and unknown and path and path[-1] not in _READ_WHOLE:
        rule = "unknown-field"
    return Flaw(rule, _place(spec, error), _reason(error.message)) if rule else None


def _invalid(origin: str, place: str, message: str) -> str:
    return f"{origin} is not valid OpenAPI{f', at {place}' if place else ''}: {_reason(message)}."


def _reason(message: str) -> str:
    return one_line(message.splitlines()[0])


def _place(spec: Spec, error: OpenAPIValidationError) -> str:
    """Return where an error is: inside a component where the validator came through a reference."""
    place: list[str] = []
    node: Any = spec.document
    for part in error.absolute_path:
        while isinstance(node, dict) and part not in node and isinstance(node.get("$ref"), str):
            place = node["$ref"].removeprefix("#/").split("/")
            node = spec.target(node["$ref"])
        place.append(str(part))
        inside = (isinstance(node, dict) and part in node) or (isinstance(node, list) and isinstance(part, int))
        node = node[part] if inside else None
    return "/".join(place)


def _references(node: Any) -> Iterator[str]:
    """Yield each reference of a document except those in examples and other payloads."""
    stack = [(node, False)]
    while stack:
        current, holds_names = stack.pop()
        if isinstance(current, dict):
            if isinstance(current.get("$ref"), str):
                yield current["$ref"]
            stack += [
                (child, not holds_names and key in _NAME_MAPS)
                for key, child in current.items()
                if holds_names or key not in _PAYLOADS
            ]
        elif isinstance(current, list):
            stack += [(child, False) for child in current]
