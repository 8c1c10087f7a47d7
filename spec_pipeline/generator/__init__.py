"""Run openapi-python-client on the overlaid spec, into a folder of its own."""

import contextlib
import io
import os
import re
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from openapi_python_client import Project as Generator
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.parser.openapi import GeneratorData
from openapi_python_client.schema import OpenAPI
from pydantic import ValidationError

from spec_pipeline.generator.limitations import find_limitations
from spec_pipeline.generator.limitations.places import pointer_to
from spec_pipeline.generator.overrides import Overrides
from spec_pipeline.generator.refusal import RefusedError, count_of_others, refuse_limitations
from spec_pipeline.openapi.boolean_schemas import without_boolean_schemas
from spec_pipeline.openapi.parsing import Document, one_line, read_document
from spec_pipeline.openapi.references import Spec
from spec_pipeline.openapi.schema_objects import Place
from spec_pipeline.openapi.time_limit import time_limit
from spec_pipeline.project import PACKAGE_NAME, PipelineError

_MAX_PROBLEMS = 5
# Some messages contain the repr of an object, which does not help a reader.
_OBJECT = re.compile(r"(\bfor status code)? ?<\S+ object at 0x[0-9a-f]+>")
_UNSUPPORTED = re.compile(r"[Uu]nsupported content[ _]type (\S+?)[).,]*(?:\s|$)")


def generate(spec: Document, config: Path, target: Path) -> list[str]:
    """Write the folder that a spec and a configuration produce.

    Args:
        spec: the overlaid spec.
        config: the generator's configuration file.
        target: an existing, empty folder; the import package is written into it.

    Returns:
        A sentence for each entry of the configuration that fits nothing in the spec.

    Raises:
        PipelineError: the configuration is not valid, or the generator failed, left something out, or would write a
            part wrongly; the message says what, and how to correct it.
    """
    package = target / PACKAGE_NAME
    options = _read_config(config)
    # The generator gets the document itself, and reads no source.
    settings = Config.from_sources(options, MetaType.NONE, config, "utf-8", overwrite=False, output_path=package)
    overrides = Overrides(settings)
    with time_limit("The spec takes too long to generate the client from: it may have too many schemas in schemas"):
        spec = _with_object_schemas(spec)
        with _failures():
            data = GeneratorData.from_dict(spec, config=settings)
        if isinstance(data, GeneratorError):
            raise PipelineError(_unread(spec) or _sentence([data], config))
        if limitations := find_limitations(Spec(spec, "the spec"), data, settings):
            unread = _unread_parts(data)
            raise refuse_limitations(limitations, _texts(unread), _cure(unread, config))
        with _failures():
            problems = _build(data, settings)
    if problems:
        # The post hooks may name the folder that they run in, which is gone when their message is read.
        folder = f"{target.resolve()}{os.sep}"
        raise RefusedError(
            _sentence(problems, config).replace(folder, ""),
            "openapi-python-client could not generate these parts:",
            [text.replace(folder, "") for text in _texts(problems)],
        )
    # The generator marks a package as typed only if it also writes packaging files, which the project has itself.
    (package / "py.typed").touch()
    return overrides.idle()


def _with_object_schemas(spec: Document) -> Document:
    rewritten, impossible = without_boolean_schemas(spec)
    if impossible:
        places = ", ".join(pointer_to(place) for place in impossible[:_MAX_PROBLEMS])
        more = f" and {len(impossible) - _MAX_PROBLEMS} more" if len(impossible) > _MAX_PROBLEMS else ""
        raise PipelineError(
            f"openapi-python-client cannot generate a schema that allows no value, at {places}{more}. Remove it by an "
            "action in overlay.yaml, or update what it is in so that it is `{}`, which allows any value."
        )
    return rewritten


def _unread(spec: Document) -> str:
    """Return what is of another kind than the generator reads, and where; an empty text for nothing."""
    try:
        OpenAPI.model_validate(spec)
    except ValidationError as error:
        # Where there is a choice, as between a schema and a reference, the closest one has the longest place.
        places = [_place(spec, problem["loc"]) for problem in error.errors(include_url=False, include_input=False)]
        pointer = pointer_to(max(places, key=len))
        return (
            f"openapi-python-client cannot read the document, at {pointer}: what stands there is valid OpenAPI, but of "
            "a kind that it does not know. Remove it, or update what it is in, by an action in overlay.yaml."
        )
    return ""


def _place(spec: Document, location: tuple[int | str, ...]) -> Place:
    """Return where in a document a location is, which has the names of alternatives between the keys."""
    place: list[int | str] = []
    node: Any = spec
    for part in location:
        keys = node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        if part in keys:
            place.append(part)
            node = node[part]
    return tuple(place)


def _read_config(config: Path) -> ConfigFile:
    # The generator's own message says only that it cannot parse the file.
    try:
        return ConfigFile.model_validate(read_document(config), extra="forbid")
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise PipelineError(f"{config} is not a generator configuration, at {place}: {first['msg']}.") from error


@contextlib.contextmanager
def _failures() -> Iterator[None]:
    """Raise what the generator raises as one sentence."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        # The generator expects a document that is valid in every detail.
        reason = one_line(f"{type(error).__name__}: {error}")
        raise PipelineError(f"openapi-python-client could not generate the client, it failed with {reason}.") from error


def _build(data: GeneratorData, config: Config) -> Sequence[GeneratorError]:
    with _scripts_first(), contextlib.redirect_stdout(io.StringIO()):
        return Generator(openapi=data, config=config).build()


@contextlib.contextmanager
def _scripts_first() -> Iterator[None]:
    """Let the post hooks find the ruff of this environment, which is pinned with the generator."""
    before = os.environ.get("PATH")
    os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.defpath if before is None else before])
    try:
        yield
    finally:
        if before is None:
            del os.environ["PATH"]
        else:
            os.environ["PATH"] = before


def _sentence(problems: Sequence[GeneratorError], config: Path) -> str:
    """Return what the generator could not do, and how to correct it, on one line."""
    texts = _texts(problems)
    listed = "; ".join(texts[:_MAX_PROBLEMS]) + count_of_others(texts)
    return f"openapi-python-client could not generate all of the client: {listed}. {_cure(problems, config)}"


def _cure(problems: Sequence[GeneratorError], config: Path) -> str:
    types = sorted({found[1] for problem in problems if (found := _UNSUPPORTED.search(problem.detail or ""))})
    if types:
        mapping = ", ".join(f"{name}: application/json" for name in types)
        return (
            f"Tell the generator how to read the content type, in {config.name}: content_type_overrides: {{{mapping}}} "
            "(or application/octet-stream for bytes)."
        )
    if all(problem.header == "Skipping Integration" or problem.header.endswith(" failed") for problem in problems):
        return f"It is one of the post_hooks in {config.name}."
    return "Correct the spec with an action in overlay.yaml."


def _unread_parts(data: GeneratorData) -> Sequence[GeneratorError]:
    """Return what the generator has not read of a spec."""
    return [error for tag in data.endpoint_collections_by_tag.values() for error in tag.parse_errors] + data.errors


def _texts(problems: Sequence[GeneratorError]) -> list[str]:
    return list(dict.fromkeys(_text(problem) for problem in problems))


def _text(problem: GeneratorError) -> str:
    header = problem.header.strip().removeprefix("WARNING parsing ").rstrip(" :.")
    detail = _OBJECT.sub("", problem.detail or "").strip().rstrip(".")
    return one_line(f"{header}: {detail}" if detail else header)
