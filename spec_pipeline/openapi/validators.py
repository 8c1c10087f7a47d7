"""The validators of OpenAPI documents: they load no other document, locate defaults, and end on circular schemas.

The library takes another engine where one is installed, with other messages; here it is always the same.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend, validator_for
from jsonschema_path.paths import SchemaPath
from openapi_schema_validator import OAS30Validator, OAS31Validator
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator
from openapi_spec_validator.schemas import schema_v30, schema_v31
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError
from openapi_spec_validator.validation.keywords import (
    OpenAPIV30SchemaValidator,
    OpenAPIV30ValueValidator,
    OpenAPIV31SchemaValidator,
    OpenAPIV31ValueValidator,
    OperationValidator,
)
from openapi_spec_validator.validation.registries import KeywordValidatorRegistry
from referencing import Registry, Resource


class DefaultError(OpenAPIValidationError):
    """A default that its own schema does not allow; its path is that of the schema."""


class _NoOtherDocument(dict[str, Any]):
    """The handlers by which the validator loads other documents: for every URL scheme, one that refuses."""

    def __contains__(self, _: object) -> bool:
        return True

    def __missing__(self, _: str) -> Callable[[str], Any]:
        return _refuse_to_load


def _refuse_to_load(url: str) -> NoReturn:
    raise ValueError(url)


def _pattern(_: Any, pattern: str, value: Any, __: Any) -> Iterator[ValidationError]:
    """Check a pattern by the standard library: the validator's own engine cannot be interrupted."""
    try:
        matches = not isinstance(value, str) or re.search(pattern, value)
    except re.error:
        # A pattern of ECMAScript that Python does not have, such as `\p{L}`, is not checked.
        return
    if not matches:
        yield ValidationError(f"{value!r} does not match {pattern!r}")


class _Default30(OpenAPIV30ValueValidator):
    value_validator_cls = extend(OAS30Validator, {"pattern": _pattern})

    def __call__(self, schema: SchemaPath, value: Any) -> Iterator[ValidationError]:
        yield from (_default_error(schema, error) for error in super().__call__(schema, value))


class _Default31(OpenAPIV31ValueValidator):
    value_validator_cls = extend(OAS31Validator, {"pattern": _pattern})

    def __call__(self, schema: SchemaPath, value: Any) -> Iterator[ValidationError]:
        yield from (_default_error(schema, error) for error in super().__call__(schema, value))


def _default_error(schema: SchemaPath, error: ValidationError) -> DefaultError:
    found: DefaultError = DefaultError.create_from(error)
    found.path.clear()
    found.path.extend(schema.parts)
    return found


class _Ids(set[Any]):
    """The objects that were seen, as a set: the library uses a list, in which each lookup takes longer."""

    append = set.add


class _Operation(OperationValidator):
    def __init__(self, registry: KeywordValidatorRegistry) -> None:
        super().__init__(registry)
        self.operation_ids_registry: Any = _Ids()


class _Schema30(OpenAPIV30SchemaValidator):
    def __init__(self, registry: KeywordValidatorRegistry) -> None:
        super().__init__(registry)
        self.visited_schema_ids: Any = _Ids()

    def _collect_properties(self, schema: SchemaPath) -> set[str]:
        return _properties(schema, set())

    def _validate_schema_meta(self, _: SchemaPath, __: Any) -> None:
        """Check nothing: the schema of a 3.0 document includes that of its schemas."""


class _Schema31(OpenAPIV31SchemaValidator):
    def __init__(self, registry: KeywordValidatorRegistry) -> None:
        super().__init__(registry)
        self.visited_schema_ids: Any = _Ids()

    def _collect_properties(self, schema: SchemaPath) -> set[str]:
        return _properties(schema, set())

    def _validate_schema_meta(self, _: SchemaPath, __: Any) -> None:
        """Check nothing: `schema_objects` does it, everywhere, and with the place."""


def _properties(schema: SchemaPath, visited: set[int]) -> set[str]:
    """Return the names of all properties of a schema and the schemas that it combines; each schema is read once."""
    value = schema.read_value()
    if not isinstance(value, dict) or id(value) in visited:
        return set()
    visited.add(id(value))
    found = set(value.get("properties", ()))
    parts = [part for keyword in ("allOf", "anyOf", "oneOf") if keyword in value for part in schema / keyword]
    parts += [schema / keyword for keyword in ("items", "not") if keyword in value]
    return found.union(*(_properties(part, visited) for part in parts))


def _with_anchors(schema: dict[str, Any]) -> Any:
    """Return the validator of a schema whose anchors are known; else it is searched for each dynamic reference."""
    registry: Registry[Any] = Registry().with_resource(schema["$id"], Resource.from_contents(schema))
    return validator_for(schema)(schema, registry=registry.crawl())


class Validator30(OpenAPIV30SpecValidator):
    """Validates OpenAPI 3.0."""

    resolver_handlers = _NoOtherDocument()
    schema_validator = validator_for(dict(schema_v30))(dict(schema_v30))
    keyword_validators = OpenAPIV30SpecValidator.keyword_validators | {
        "default": _Default30,
        "operation": _Operation,
        "schema": _Schema30,
    }


class Validator31(OpenAPIV31SpecValidator):
    """Validates OpenAPI 3.1."""

    resolver_handlers = _NoOtherDocument()
    schema_validator = _with_anchors(dict(schema_v31))
    keyword_validators = OpenAPIV31SpecValidator.keyword_validators | {
        "default": _Default31,
        "operation": _Operation,
        "schema": _Schema31,
    }
