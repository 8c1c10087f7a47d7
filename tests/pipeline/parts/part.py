"""A part of a document that the generator writes wrongly: how it is refused, what is wrong, and what cures it."""

import io
from dataclasses import dataclass, field
from typing import Any

from tests.pipeline.generated_package import Arguments, Package
from tests.pipeline.parts.documents import (
    JSON,
    TEXT,
    Schema,
    remove,
    response,
    update,
)


@dataclass(frozen=True)
class Part:
    """A part of a document.

    Attributes:
        name: the operationId; the path begins with it.
        operation: the operation, without its id.
        message: what the refusal says of it.
        cure: what the refusal says to do.
        actions: an overlay that does it, each action with the path of the operation as `PATH`.
        before: what is sent, or read, without the cure, which is wrong.
        after: the same with the cure, which is right.
        schemas: the components that it refers to.
        arguments: those of the call; None where its response matters.
        cured: the arguments with the cure, where they are others.
        content: the content of the response.
        content_type: its type.
        variables: what stands in the path after the name.
        method: the method.
        options: what the cure adds to codegen.yaml.
        alone: whether the whole package cannot be imported, so that no other part is in it.
    """

    name: str
    operation: Schema
    message: str
    cure: str
    before: Any
    after: Any
    actions: tuple[Schema, ...] = ()
    schemas: dict[str, Schema] = field(default_factory=dict)
    arguments: Arguments | None = None
    cured: Arguments | None = None
    content: Any = None
    content_type: str = JSON
    variables: str = ""
    method: str = "get"
    options: dict[str, Any] = field(default_factory=dict)
    alone: bool = False

    @property
    def path(self) -> str:
        """The path of the operation."""
        return f"/{self.name}{self.variables}"

    @property
    def paths(self) -> dict[str, Any]:
        """The paths of a document with this part."""
        return {self.path: {self.method: {"operationId": self.name, "responses": response(TEXT)} | self.operation}}

    def result(self, package: Package, *, cured: bool) -> Any:
        """Return what is sent, or read."""
        if self.arguments is None:
            found = package.response(self.name, self.content, self.content_type)
            return found.read() if isinstance(found, io.BytesIO) else found
        return package.request(self.name, self.cured if cured and self.cured is not None else self.arguments)


def file(package: Package) -> Any:
    """Return a file to send."""
    return package.module("types").File(payload=io.BytesIO(b"content"))


AS_TEXT = (remove("PATH.get.parameters[0].schema.*"), update("PATH.get.parameters[0].schema", TEXT))
"""Overlay actions that declare the first parameter as a string."""
