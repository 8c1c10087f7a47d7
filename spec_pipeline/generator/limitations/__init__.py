"""Find the parts of a document that this version of openapi-python-client writes wrongly, without a warning.

A test for each kind generates such a part, and goes red when a later version of the generator writes it right.
"""

import re
from collections.abc import Iterator
from typing import Any

from openapi_python_client.config import Config
from openapi_python_client.parser.openapi import GeneratorData
from openapi_python_client.strings import PythonIdentifier

from spec_pipeline.generator.limitations.bodies import body_limitations
from spec_pipeline.generator.limitations.classes import class_limitations
from spec_pipeline.generator.limitations.file_names import file_fault
from spec_pipeline.generator.limitations.limitation import Limitation
from spec_pipeline.generator.limitations.parameters import parameter_limitations
from spec_pipeline.generator.limitations.places import object_at, pointer_to
from spec_pipeline.generator.limitations.responses import JSON, content_kind, response_limitations
from spec_pipeline.generator.limitations.schemas import read_limitations, sent_limitations, text_limitations
from spec_pipeline.openapi.operation_ids import METHODS
from spec_pipeline.openapi.parameters import written_parameters
from spec_pipeline.openapi.references import Spec
from spec_pipeline.openapi.schema_objects import Place

_BODY = "request body"
_OPERATION_ID = "Give one of the operations an operationId by an action in overlay.yaml."
_SHORT_ID = "Give such an operation another operationId by an action in overlay.yaml."
_SHORT_TAG = (
    "Give such operations another tag by two actions in overlay.yaml, which remove the old tags and add the new one."
)


def find_limitations(spec: Spec, data: GeneratorData, config: Config) -> list[Limitation]:
    """Return the parts of a document that would be generated wrongly.

    Args:
        spec: the document that the generator reads.
        data: what the generator makes of it.
        config: the generator's configuration.
    """
    return [
        *_operation_limitations(spec, data, config),
        *_schema_limitations(spec, config),
        *class_limitations(spec, data),
    ]


def _operation_limitations(spec: Spec, data: GeneratorData, config: Config) -> Iterator[Limitation]:
    # The generator writes its own names into the paths.
    operations = {(method, _without_names(path)): (path, item) for path, method, item in _operations(spec)}
    models = {str(model.class_info.name): model for model in data.models}
    for collection in data.endpoint_collections_by_tag.values():
        modules: dict[str, str] = {}
        for endpoint in collection.endpoints:
            path, item = operations[endpoint.method, _without_names(endpoint.path.get_untrusted_value())]
            operation = f"{endpoint.method.upper()} {path}"
            if (other := modules.setdefault(endpoint.name, operation)) != operation:
                yield Limitation(
                    f"{other} and {operation}", f"they would be in one module, {endpoint.name}", _OPERATION_ID
                )
            if fault := file_fault(str(PythonIdentifier(endpoint.name, config.field_prefix))):
                yield Limitation(operation, fault, _SHORT_ID)
            if fault := file_fault(collection.tag):
                yield Limitation(f"{operation}, its tag", fault, _SHORT_TAG)
            declared = written_parameters(spec, item, item[endpoint.method])
            shared = _components(spec, item, item[endpoint.method])
            for limitation in (
                *parameter_limitations(operation, endpoint, declared, models),
                *body_limitations(operation, endpoint, models),
            ):
                yield _in_component(limitation, operation, shared)
            yield from response_limitations(operation, endpoint, config)


def _components(spec: Spec, item: dict[str, Any], operation: dict[str, Any]) -> dict[str, str]:
    """Return the components that the parameters and the body of an operation are, by what limitations call these."""
    found: dict[str, str] = {}
    for raw in (*(item.get("parameters") or ()), *(operation.get("parameters") or ())):
        parameter = spec.resolve(raw)
        for name in (parameter["name"], parameter["name"].lower()):
            found[f"{parameter['in']} parameter {name}"] = raw.get("$ref", "")
    return found | {_BODY: (operation.get("requestBody") or {}).get("$ref", "")}


def _in_component(limitation: Limitation, operation: str, components: dict[str, str]) -> Limitation:
    """Return a limitation whose place is the component, where it is in one."""
    part = limitation.place.removeprefix(f"{operation}, ")
    component = components.get(_BODY if part.startswith(_BODY) else part)
    return limitation._replace(place=f"{component}, {part}", operation=operation) if component else limitation


def _schema_limitations(spec: Spec, config: Config) -> Iterator[Limitation]:
    read: list[Place] = []
    sent: list[Place] = []
    texts: list[Place] = []
    for path, method, item in _operations(spec):
        operation: Place = ("paths", path, method)
        for status in item[method].get("responses") or ():
            schemas = _content_schemas(spec, (*operation, "responses", status), config)
            read += [place for kind, place in schemas[:1] if kind == JSON]
        for kind, place in _content_schemas(spec, (*operation, "requestBody"), config):
            (sent if kind == JSON else texts).append(place)
        for owner, node in (operation[:2], item), (operation, item[method]):
            for number, _ in enumerate(node.get("parameters") or ()):
                place, parameter = object_at(spec, (*owner, "parameters", number))
                texts += [(*place, "schema")] if "schema" in parameter else []
    yield from read_limitations(spec, read)
    yield from sent_limitations(spec, sent)
    yield from text_limitations(spec, texts)


def _content_schemas(spec: Spec, place: Place, config: Config) -> list[tuple[str, Place]]:
    """Return how the generator reads each content type of a response or body, and the place of its schema."""
    parent = spec.target(pointer_to(place[:-1]))
    if place[-1] not in parent:
        return []
    place, found = object_at(spec, place)
    return [
        (content_kind(name, config), (*place, "content", name, "schema"))
        for name, media in (found.get("content") or {}).items()
        if content_kind(name, config) and "schema" in media
    ]


def _operations(spec: Spec) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in spec.document.get("paths", {}).items():
        for method in METHODS:
            if isinstance(item.get(method), dict):
                yield path, method, item


def _without_names(path: str) -> str:
    return re.sub("{[^}]*}", "{}", path)
