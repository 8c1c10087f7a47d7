"""Validate an OpenAPI document against the version of the specification that it declares."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from jsonschema.exceptions import ValidationError
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
from spec_pipeline.openapi.references import Spec, require_local
from spec_pipeline.openapi.schema_objects import (
    NAME_MAPS,
    PAYLOADS,
    null_keywords,
    problems,
    schemas_of,
    without_null_keywords,
)
from spec_pipeline.openapi.time_limit import time_limit
from spec_pipeline.openapi.validators import DefaultError, Validator30, Validator31
from spec_pipeline.project import PipelineError

# The entries of these objects are read as paths and responses, whatever their names.
_READ_WHOLE = frozenset({"paths", "responses"})
# The validator's messages for an unknown field, where extensions are allowed and where they are not.
_UNKNOWN = re.compile(
    r"(?:(?:Additional|Unevaluated) properties are not allowed \()?(.+?)"
    r"(?: (?:was|were) unexpected\)| do(?:es)? not match any of the regexes: .*)$"
)
_RULES: dict[type[OpenAPIValidationError], str] = {
    DefaultError: "default-not-allowed",
    DuplicateOperationIDError: "operation-id-twice",
    ExtraParametersError: "required-property-undefined",
    ParameterDuplicateError: "parameter-twice",
    UnresolvableParameterError: "path-parameter-undeclared",
}
# Keywords of schemas that are written another way since 3.1.
_OTHER_IN_31 = frozenset({"exclusiveMaximum", "exclusiveMinimum", "type"})


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
    for reference in _references(document):
        require_local(reference, origin)
    is_30 = version.startswith("3.0")
    flaws = [
        Flaw("keyword-null", "/".join(map(str, place)), "it is null, and means nothing")
        for place in null_keywords(document)
    ]
    document = without_null_keywords(document)
    spec = Spec(document, origin)
    step = f"{origin} takes too long to validate: a pattern or a combination of schemas may grow exponentially"
    try:
        with time_limit(step):
            if not is_30:
                flaws += [*_flaws_of_keywords(document, origin), *_keywords_of_30(document)]
            for error in (Validator30 if is_30 else Validator31)(document).iter_errors():
                flaws += _flaws(spec, error, is_30=is_30)
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


def _flaws_of_keywords(document: Document, origin: str) -> Iterator[Flaw]:
    for place, message, slight in problems(document):
        where = "/".join(map(str, place))
        if not slight:
            raise PipelineError(_invalid(origin, where, message))
        yield Flaw("keyword-value", where, message)


def _keywords_of_30(document: Document) -> Iterator[Flaw]:
    for place, schema in schemas_of(document):
        if isinstance(schema, dict) and "nullable" in schema:
            where = "/".join(map(str, (*place, "nullable")))
            yield Flaw("keyword-version", where, "OpenAPI 3.1 has no such keyword; the generator reads it as 3.0 does")


def _flaws(spec: Spec, error: ValidationError, *, is_30: bool) -> Iterator[Flaw]:
    """Yield an error as flaws.

    Raises:
        PipelineError: the document cannot be read because of it.
    """
    for cause in _causes(error):
        rule = _RULES.get(type(error)) or _rule(cause, is_30=is_30)
        place, message = _place(spec, cause), _UNKNOWN.sub(r"Unknown fields: \1", _reason(cause.message))
        if rule is None:
            raise PipelineError(_invalid(spec.name, place, message)) from error
        yield Flaw(rule, place, message)


def _rule(error: ValidationError, *, is_30: bool) -> str | None:
    """Return which slight flaw an error is; None if it is none."""
    path = list(error.absolute_path)
    if error.validator in {"additionalProperties", "unevaluatedProperties"} and path and path[-1] not in _READ_WHOLE:
        return "unknown-field"
    # A response has to have one, which nobody reads here.
    if error.message == "'description' is a required property":
        return "field-missing"
    if error.message.startswith("Duplicate tag name"):
        return "tag-twice"
    # `problems` finds the same in schemas of 3.1; no other part of a 3.0 document has such bounds.
    if is_30 and (error.validator in {"minimum", "minItems", "uniqueItems"} or _is_of_31(path, error.instance)):
        return "keyword-value"
    return None


def _is_of_31(path: list[str | int], value: Any) -> bool:
    """Return whether a keyword has a value that it may have since 3.1, such as a list of types."""
    return not list(problems({"schema": {path[-1]: value}})) if path and path[-1] in _OTHER_IN_31 else False


def _causes(error: ValidationError) -> Iterator[ValidationError]:
    """Yield what is wrong with the alternative that is meant, where a part of a document may be one of several."""
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    meant = [errors for errors in branches.values() if not any(map(_is_of_another_kind, errors))]
    if error.validator not in {"anyOf", "oneOf"} or not meant:
        yield error
        return
    for cause in min(meant, key=lambda errors: (len(errors), -max(len(inner.relative_path) for inner in errors))):
        yield from _causes(cause)


def _is_of_another_kind(error: ValidationError) -> bool:
    """Return whether a part of a document is no reference, or of another type than the alternative."""
    return not error.relative_path and (
        error.validator == "type" or (error.validator == "required" and error.validator_value == ["$ref"])
    )


def _invalid(origin: str, place: str, message: str) -> str:
    return f"{origin} is not valid OpenAPI{f', at {place}' if place else ''}: {_reason(message)}."


def _reason(message: str) -> str:
    return one_line(message.splitlines()[0])


def _place(spec: Spec, error: ValidationError) -> str:
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
                (child, not holds_names and key in NAME_MAPS)
                for key, child in current.items()
                if holds_names or key not in PAYLOADS
            ]
        elif isinstance(current, list):
            stack += [(child, False) for child in current if isinstance(child, dict | list)]
