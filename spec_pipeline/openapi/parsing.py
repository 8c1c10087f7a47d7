"""Parse JSON and YAML documents."""

import json
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError, YAMLWarning

from spec_pipeline.openapi.time_limit import time_limit
from spec_pipeline.project import PipelineError

Document = dict[str, Any]

_MAX_REASON_LENGTH = 300
_MAX_DIGITS = 4000
# A YAML file of a few lines can expand to billions of values through its anchors.
_MAX_VALUES = 2_000_000
_MAX_CHARACTERS = 20_000_000


def read_document(path: Path) -> Document:
    """Read a JSON file (named `.json`) or a YAML file whose top level is an object.

    Raises:
        PipelineError: the file is missing, is not what its name says, or does not contain an object.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PipelineError(f"{path} cannot be read: {error.strerror}.") from error
    return parse_document(content, str(path), json_only=path.suffix == ".json")


def parse_document(content: bytes, origin: str, *, json_only: bool = False) -> Document:
    """Parse JSON, or YAML 1.2 with JSON's data types: dates stay strings, and keys become strings.

    Args:
        content: the file's bytes, in UTF-8.
        origin: how to name the document in messages.
        json_only: whether to refuse YAML. Content that begins with a bracket is always JSON.

    Raises:
        PipelineError: it is neither JSON nor YAML, or its top level is not an object.
    """
    text = _text(content, origin)
    if text.lstrip().startswith("<"):
        raise PipelineError(f"{origin} is HTML or XML, not JSON or YAML.")
    if json_only or text.lstrip()[:1] in {"{", "["}:
        with time_limit(f"{origin} takes too long to read"):
            value = _parsed(origin, "JSON", lambda: _load_json(text))
    else:
        value = parse_yaml(content, origin)
    if value is None:
        raise PipelineError(f"{origin} is empty; it must have an object at its top level.")
    if not isinstance(value, dict):
        raise PipelineError(f"{origin} must have an object at its top level, not {type(value).__name__}.")
    return value


def parse_yaml(content: bytes, origin: str) -> Any:
    """Parse YAML 1.2 with JSON's data types: dates stay strings, and keys become strings.

    Raises:
        PipelineError: it is not YAML, or has values that JSON does not have.
    """
    text = _text(content, origin)
    with time_limit(f"{origin} takes too long to read as YAML; convert it to JSON first"):
        return _parsed(origin, "YAML", lambda: _load_yaml(text))


def _text(content: bytes, origin: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PipelineError(f"{origin} is not a text file in UTF-8.") from error


def _parsed(origin: str, language: str, parse: Callable[[], Any]) -> Any:
    try:
        value = parse()
        # An escape can produce half of a surrogate pair, which cannot be encoded.
        json.dumps(value, ensure_ascii=False).encode()
    except (json.JSONDecodeError, YAMLError) as error:
        raise PipelineError(f"{origin} is not {language}: {one_line(str(error))}.") from error
    except UnicodeEncodeError as error:
        raise PipelineError(f"{origin} contains half of a surrogate pair, which cannot be encoded.") from error
    except ValueError as error:
        raise PipelineError(f"{origin} has a value that JSON does not have: {one_line(str(error))}.") from error
    except RecursionError as error:
        raise PipelineError(f"{origin} is nested too deeply.") from error
    return value


def _load_json(text: str) -> Any:
    return json.loads(
        text, parse_constant=_refuse, parse_float=_finite, parse_int=_whole, object_pairs_hook=_without_duplicates
    )


def _whole(text: str) -> int:
    return int(text) if len(text) <= _MAX_DIGITS else _refuse(f"a number of {len(text)} digits")


def _finite(text: str) -> float:
    number = float(text)
    return number if number - number == 0 else _refuse(text)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        [(name, _)] = Counter(name for name, _ in pairs).most_common(1)
        _refuse(f"the key {name} twice in one object")
    return result


def _load_yaml(text: str) -> Any:
    yaml = YAML(typ="safe", pure=True)
    # YAML 1.2's core schema has no dates; the library still converts what looks like one.
    resolvers = yaml.resolver.versioned_resolver
    for first, known in resolvers.items():
        resolvers[first] = [pair for pair in known if pair[0] != "tag:yaml.org,2002:timestamp"]
    with warnings.catch_warnings():
        # Such as of an anchor that is defined anew, which YAML allows.
        warnings.simplefilter("ignore", YAMLWarning)
        return _as_json(yaml.load(text), _Budget())


class _Budget:
    """Limits the size that a file expands to."""

    def __init__(self) -> None:
        self._values, self._characters = _MAX_VALUES, _MAX_CHARACTERS

    def spend(self, value: Any) -> None:
        """Count a value.

        Raises:
            ValueError: it is one too many.
        """
        self._values -= 1
        self._characters -= len(value) if isinstance(value, str) else 0
        if self._values < 0 or self._characters < 0:
            most = f"{_MAX_VALUES} values" if self._values < 0 else f"{_MAX_CHARACTERS} characters"
            message = f"its anchors expand to more than {most}"
            raise ValueError(message)


def _as_json(value: Any, budget: _Budget) -> Any:
    budget.spend(value)
    if isinstance(value, dict):
        return _without_duplicates([(_key(key), _as_json(child, budget)) for key, child in value.items()])
    if isinstance(value, list):
        return [_as_json(child, budget) for child in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float) and value - value == 0:
        return float(value)
    return _refuse(str(value))


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, bool) or not isinstance(key, int | float):
        _refuse(f"the key {key}")
    return str(key)


def _refuse(text: str) -> Any:
    raise ValueError(text)


def one_line(text: str) -> str:
    """Return the text as one line of limited length, for use in a sentence."""
    line = " ".join(text.split())
    return line if len(line) <= _MAX_REASON_LENGTH else f"{line[:_MAX_REASON_LENGTH]}…"
