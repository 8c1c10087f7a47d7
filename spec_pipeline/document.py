"""Read JSON and YAML documents, and hold OpenAPI documents against the OpenAPI specification."""

import json
from pathlib import Path
from typing import Any

from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError, ValidatorDetectError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from spec_pipeline.project import PipelineError

Document = dict[str, Any]

_LONGEST_REASON = 300


def read_document(path: Path) -> Document:
    """Read a JSON file (named `.json`) or a YAML file whose top level is an object.

    Raises:
        PipelineError: the file is missing, is not what its name says, or holds something else than an object.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text) if path.suffix == ".json" else YAML(typ="safe").load(text)
    except OSError as error:
        raise PipelineError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise PipelineError(f"{path} is not a text file in UTF-8.") from error
    except json.JSONDecodeError as error:
        raise PipelineError(f"{path} is not JSON: {one_line(str(error))}.") from error
    except YAMLError as error:
        raise PipelineError(f"{path} is not YAML: {one_line(str(error))}.") from error
    if not isinstance(content, dict):
        raise PipelineError(f"{path} must hold an object at its top level, not {type(content).__name__}.")
    return content


def validate_openapi(document: Document, origin: str) -> None:
    """Hold a document against the OpenAPI version that it declares.

    Args:
        document: the OpenAPI document.
        origin: what the message calls the document.

    Raises:
        PipelineError: the document breaks the OpenAPI specification; the message says where.
    """
    try:
        validate(document)
    except ValidatorDetectError as error:
        raise PipelineError(
            f"{origin} does not say which OpenAPI version it follows; is it an OpenAPI document?"
        ) from error
    except OpenAPIValidationError as error:
        place = "/".join(str(part) for part in error.absolute_path) or "the top level"
        reason, *_ = error.message.splitlines()
        raise PipelineError(f"{origin} is not valid OpenAPI, at {place}: {one_line(reason)}.") from error


def one_line(text: str) -> str:
    """Return the text as one line of a bearable length, for use inside a sentence."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]}…"
