"""Validate an OpenAPI document against the version of the specification that it declares."""

import re
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError
from referencing.exceptions import Unresolvable

from spec_pipeline.openapi.parsing import Document, one_line
from spec_pipeline.project import PipelineError

_PAYLOADS = frozenset({"const", "default", "enum", "example", "examples"})
# The keys below these keywords are names, even where they read `default` or `example`.
_NAME_MAPS = frozenset(
    {
        *("$defs", "callbacks", "content", "definitions", "dependentSchemas", "headers", "links", "parameters"),
        *("pathItems", "paths", "patternProperties", "properties", "requestBodies", "responses", "schemas"),
        *("securitySchemes", "webhooks"),
    }
)


class _NoOtherDocument(dict[str, Any]):
    """The handlers by which the validator loads other documents: for every URL scheme, one that refuses."""

    def __contains__(self, _: object) -> bool:
        return True

    def __missing__(self, _: str) -> Callable[[str], Any]:
        return _refuse_to_load


def _refuse_to_load(url: str) -> NoReturn:
    raise ValueError(url)


_NO_OTHER_DOCUMENT = _NoOtherDocument()


class _Validator30(OpenAPIV30SpecValidator):
    resolver_handlers = _NO_OTHER_DOCUMENT


class _Validator31(OpenAPIV31SpecValidator):
    resolver_handlers = _NO_OTHER_DOCUMENT


def validate_openapi(document: Document, origin: str) -> None:
    """Validate a document against the OpenAPI version that it declares.

    Args:
        document: the OpenAPI document.
        origin: how to name the document in messages.

    Raises:
        PipelineError: the document is not valid, refers to another document, or has another version than 3.0 and 3.1;
            the message says where.
    """
    version = document.get("openapi", document.get("swagger"))
    if version is None:
        raise PipelineError(f"{origin} does not declare an OpenAPI version; is it an OpenAPI document?")
    if not re.fullmatch(r"3\.[01]\.\d+(-.+)?", str(version)):
        raise PipelineError(f"{origin} declares OpenAPI {version}; only 3.0.x and 3.1.x are supported.")
    for reference in _references(document):
        if not reference.startswith("#"):
            raise PipelineError(f"{origin} refers to {reference}, another document; bundle it into one file first.")
        if reference != "#" and not reference.startswith("#/"):
            raise PipelineError(f"{origin} refers to {reference}; only references of the form #/… are followed.")
    validator = _Validator30 if str(version).startswith("3.0") else _Validator31
    try:
        validator(document).validate()
    except Unresolvable as error:
        reference = f"#{error.ref}" if error.ref.startswith("/") else error.ref
        raise PipelineError(f"{origin} refers to {reference}, which it does not define.") from error
    except RecursionError as error:
        raise PipelineError(f"{origin} is nested too deeply, or has a reference that leads back to itself.") from error
    except OpenAPIValidationError as error:
        reason, *_ = error.message.splitlines()
        place = _place(document, error)
        raise PipelineError(
            f"{origin} is not valid OpenAPI{f', at {place}' if place else ''}: {one_line(reason)}."
        ) from error
    except (AttributeError, KeyError, TypeError) as error:
        # The validator expects that a reference leads to the kind of object that belongs in its place.
        raise PipelineError(
            f"{origin} is not valid OpenAPI: one of its references leads to an object of the wrong kind "
            f"({type(error).__name__}: {one_line(str(error))})."
        ) from error


def _place(document: Document, error: OpenAPIValidationError) -> str:
    """Return where an error is; empty if its message says so."""
    if error.absolute_path:
        return "/".join(str(part) for part in error.absolute_path)
    if type(error) is not OpenAPIValidationError:
        return ""
    # An error in a default carries no path, only the schema with the default.
    found = (
        place for place, node in _nodes(document, "") if node == error.schema and node.get("default") == error.instance
    )
    return next(found, "the top level")


def _nodes(node: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        yield place.removeprefix("/"), node
    for key, child in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from _nodes(child, f"{place}/{key}")


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
