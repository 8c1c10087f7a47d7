"""Collect the parameters of an operation."""

from typing import Any

from spec_pipeline.openapi.references import Spec

Parameters = dict[tuple[str, str], dict[str, Any]]

# OpenAPI describes these three headers elsewhere, and ignores parameters of these names.
_NOT_PARAMETERS = {("header", "accept"), ("header", "authorization"), ("header", "content-type")}


def parameters_of(spec: Spec, path_item: dict[str, Any], operation: dict[str, Any]) -> Parameters:
    """Return the parameters of an operation as OpenAPI reads them, including those of its path, by place and name."""
    written = written_parameters(spec, path_item, operation)
    return {key: parameter for key, parameter in written.items() if key not in _NOT_PARAMETERS}


def written_parameters(spec: Spec, path_item: dict[str, Any], operation: dict[str, Any]) -> Parameters:
    """Return the same with those that OpenAPI ignores: the generator makes arguments of them, too.

    Header names are case-insensitive.
    """
    result: Parameters = {}
    for raw in [*path_item.get("parameters", []), *operation.get("parameters", [])]:
        parameter = spec.resolve(raw)
        name = parameter["name"]
        result[parameter["in"], name.lower() if parameter["in"] == "header" else name] = parameter
    return result
