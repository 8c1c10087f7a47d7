"""Read JSON and YAML documents, and hold OpenAPI documents against the OpenAPI specification."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError
from referencing.exceptions import Unresolvable
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from spec_pipeline.project import PipelineError

Document = dict[str, Any]

_LONGEST_REASON = 300
# A YAML file of a few lines can spell out billions of values through its anchors.
_MOST_VALUES = 2_000_000
_MOST_CHARACTERS = 20_000_000
_PAYLOADS = frozenset({"const", "default", "enum", "example", "examples"})
# What stands under these is not a keyword but a name, be it `default` or `example`.
_NAME_MAPS = frozenset(
    {
        *("$defs", "callbacks", "content", "definitions", "dependentSchemas", "headers", "links", "parameters"),
        *("pathItems", "paths", "patternProperties", "properties", "requestBodies", "responses", "schemas"),
        *("securitySchemes", "webhooks"),
    }
)


class _NoOtherDocument(dict[str, Any]):
    """The ways in which the validator may get another document: for every kind of address, none at all."""

    def __contains__(self, _: object) -> bool:
        return True

    def __missing__(self, _: str) -> Callable[[str], Any]:
        return _refuse_constant


_NO_OTHER_DOCUMENT = _NoOtherDocument()


class _Validator30(OpenAPIV30SpecValidator):
    resolver_handlers = _NO_OTHER_DOCUMENT


class _Validator31(OpenAPIV31SpecValidator):
    resolver_handlers = _NO_OTHER_DOCUMENT


def read_document(path: Path) -> Document:
    """Read a JSON file (named `.json`) or a YAML file whose top level is an object.

    Raises:
        PipelineError: the file is missing, is not what its name says, or holds something else than an object.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PipelineError(f"{path} cannot be read: {error.strerror}.") from error
    return parse_document(content, str(path), json_only=path.suffix == ".json")


def parse_document(content: bytes, origin: str, *, json_only: bool = False) -> Document:
    """Parse JSON, or YAML 1.2 as far as it says what JSON can say: dates stay texts, and keys become texts.

    Args:
        content: the file's bytes, in UTF-8.
        origin: what the message calls the document.
        json_only: whether YAML is out of the question. What begins with a bracket always is JSON.

    Raises:
        PipelineError: it is neither, or holds something else than an object.
    """
    text = _text(content, origin)
    if text.lstrip().startswith("<"):
        raise PipelineError(f"{origin} is a page in HTML or XML, not a document in JSON or YAML.")
    if json_only or text.lstrip()[:1] in {"{", "["}:
        value = _parsed(origin, "JSON", lambda: _load_json(text))
    else:
        value = parse_yaml(content, origin)
    if not isinstance(value, dict):
        raise PipelineError(f"{origin} must hold an object at its top level, not {type(value).__name__}.")
    return value


def validate_openapi(document: Document, origin: str) -> None:
    """Hold a document against the OpenAPI version that it declares.

    Args:
        document: the OpenAPI document.
        origin: what the message calls the document.

    Raises:
        PipelineError: the document breaks the OpenAPI specification, or is of another version than 3.0 and 3.1; the
            message says where.
    """
    version = document.get("openapi", document.get("swagger"))
    if version is None:
        raise PipelineError(f"{origin} does not say which OpenAPI version it follows; is it an OpenAPI document?")
    if not re.fullmatch(r"3\.[01]\.\d+(-.+)?", str(version)):
        raise PipelineError(f"{origin} says that it follows OpenAPI {version}; only 3.0.x and 3.1.x are understood.")
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
        raise PipelineError(
            f"{origin} is nested too deeply, or refers back to itself with nothing in between."
        ) from error
    except OpenAPIValidationError as error:
        reason, *_ = error.message.splitlines()
        place = _place(document, error)
        raise PipelineError(
            f"{origin} is not valid OpenAPI{f', at {place}' if place else ''}: {one_line(reason)}."
        ) from error
    except (AttributeError, KeyError, TypeError) as error:
        # The validator takes it that a reference leads to the kind of thing that stands in its place.
        raise PipelineError(
            f"{origin} is not valid OpenAPI: one of its references leads to a thing of another kind "
            f"({type(error).__name__}: {one_line(str(error))})."
        ) from error


def _place(document: Document, error: OpenAPIValidationError) -> str:
    """Return where an error is; empty where its message says so itself."""
    if error.absolute_path:
        return "/".join(str(part) for part in error.absolute_path)
    if type(error) is not OpenAPIValidationError:
        return ""
    # An error in a default comes without its place, but with the schema that the default stands in.
    found = (
        place for place, node in _nodes(document, "") if node == error.schema and node.get("default") == error.instance
    )
    return next(found, "the top level")


def _nodes(node: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        yield place.removeprefix("/"), node
    for key, child in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from _nodes(child, f"{place}/{key}")


def parse_yaml(content: bytes, origin: str) -> Any:
    """Parse YAML 1.2 as far as it says what JSON can say: dates stay texts, and keys become texts.

    Raises:
        PipelineError: it is not YAML, or says more than JSON can.
    """
    text = _text(content, origin)
    return _parsed(origin, "YAML", lambda: _load_yaml(text))


def _text(content: bytes, origin: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PipelineError(f"{origin} is not a text file in UTF-8.") from error


def _parsed(origin: str, language: str, parse: Callable[[], Any]) -> Any:
    try:
        value = parse()
        # Half of a surrogate pair can be escaped into a text, but no text can be written that holds one.
        json.dumps(value, ensure_ascii=False).encode()
    except (json.JSONDecodeError, YAMLError) as error:
        raise PipelineError(f"{origin} is not {language}: {one_line(str(error))}.") from error
    except UnicodeEncodeError as error:
        raise PipelineError(f"{origin} holds half of a surrogate pair, which is no text.") from error
    except ValueError as error:
        raise PipelineError(f"{origin} holds what JSON cannot say: {one_line(str(error))}.") from error
    except RecursionError as error:
        raise PipelineError(f"{origin} is nested too deeply to be read.") from error
    return value


def _load_json(text: str) -> Any:
    return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_without_repetition)


def _finite(text: str) -> float:
    number = float(text)
    return number if number - number == 0 else _refuse_constant(text)


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        names = [name for name, _ in pairs]
        _refuse_constant(f"the key {next(name for name in names if names.count(name) > 1)} twice in one object")
    return result


def _load_yaml(text: str) -> Any:
    yaml = YAML(typ="safe", pure=True)
    # YAML 1.2's core has no dates; the library still makes dates of what looks like one.
    resolvers = yaml.resolver.versioned_resolver
    for first, known in resolvers.items():
        resolvers[first] = [pair for pair in known if pair[0] != "tag:yaml.org,2002:timestamp"]
    return _as_json(yaml.load(text), _Budget())


class _Budget:
    """How much a file may spell out."""

    def __init__(self) -> None:
        self._values, self._characters = _MOST_VALUES, _MOST_CHARACTERS

    def spend(self, value: Any) -> None:
        """Count a value, and refuse it where it is too much."""
        self._values -= 1
        self._characters -= len(value) if isinstance(value, str) else 0
        if self._values < 0 or self._characters < 0:
            most = f"{_MOST_VALUES} values" if self._values < 0 else f"{_MOST_CHARACTERS} characters"
            message = f"its anchors spell out more than {most}"
            raise ValueError(message)


def _as_json(value: Any, budget: _Budget) -> Any:
    budget.spend(value)
    if isinstance(value, dict):
        return {_key(key): _as_json(child, budget) for key, child in value.items()}
    if isinstance(value, list):
        return [_as_json(child, budget) for child in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float) and value - value == 0:
        return float(value)
    return _refuse_constant(str(value))


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, bool) or not isinstance(key, int | float):
        _refuse_constant(f"the key {key}")
    return str(key)


def _refuse_constant(text: str) -> Any:
    raise ValueError(text)


def _references(node: Any) -> Iterator[str]:
    """Yield each reference of a document, those in its examples left out."""
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


def one_line(text: str) -> str:
    """Return the text as one line of a bearable length, for use inside a sentence."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]}…"
