"""Generate a client from a small document, and call what was generated, in the process of the tests."""

import contextlib
import importlib
import io
import json
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
from openapi_python_client import Project as Generator
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser.openapi import GeneratorData

Arguments = dict[str, Any] | Callable[["Package"], dict[str, Any]]

OPTIONS: dict[str, Any] = {"literal_enums": True, "post_hooks": []}
"""What matters of this project's codegen.yaml, without the formatter, which takes most of the time."""


def document(paths: dict[str, Any], schemas: dict[str, Any] | None = None, version: str = "3.1.0") -> dict[str, Any]:
    """Return a document."""
    info = {"title": "t", "version": "1"}
    return {"openapi": version, "info": info, "paths": paths, "components": {"schemas": schemas or {}}}


def generate_unchecked(spec: dict[str, Any], folder: Path, **options: Any) -> None:
    """Generate a package as the generator alone does."""
    settings = Config.from_sources(
        ConfigFile(**OPTIONS, **options), MetaType.NONE, folder, "utf-8", overwrite=True, output_path=folder
    )
    data = GeneratorData.from_dict(spec, config=settings)
    assert isinstance(data, GeneratorData)
    with contextlib.redirect_stdout(io.StringIO()):
        assert list(Generator(openapi=data, config=settings).build()) == []


class Package:
    """A generated package in a folder, imported under the folder's name."""

    def __init__(self, folder: Path) -> None:
        self._name = folder.name

    def module(self, name: str) -> ModuleType:
        """Import a module of the package."""
        return importlib.import_module(f"{self._name}.{name}")

    def model(self, name: str, **fields: Any) -> Any:
        """Make an object of a generated class."""
        return getattr(self.module("models"), name)(**fields)

    def request(self, operation: str, arguments: Arguments) -> str:
        """Return what a call sends: path and query, cookie and other headers, body; or the name of its exception."""
        sent: list[httpx.Request] = []
        try:
            self._call(operation, arguments, httpx.Response(204), sent.append)
        except Exception as error:  # noqa: BLE001
            return type(error).__name__
        request = sent[0]
        own = {"accept", "accept-encoding", "connection", "content-length", "host", "user-agent"}
        headers = [f"{name}: {value}" for name, value in request.headers.items() if name not in own]
        return " | ".join([request.url.raw_path.decode(), *headers, *filter(None, [request.content.decode()])])

    def response(self, operation: str, content: Any, content_type: str = "application/json") -> Any:
        """Return what a call returns: objects as they would be sent, files open; or the name of its exception."""
        body = json.dumps(content) if content_type == "application/json" else content
        answer = httpx.Response(200, content=body, headers={"Content-Type": content_type})
        try:
            parsed = self._call(operation, {}, answer, lambda _: None)
            return parsed.to_dict() if hasattr(parsed, "to_dict") else getattr(parsed, "payload", parsed)
        except Exception as error:  # noqa: BLE001
            return type(error).__name__

    def _call(
        self, operation: str, arguments: Arguments, answer: httpx.Response, saw: Callable[[httpx.Request], object]
    ) -> Any:
        function = self.module(f"api.default.{operation}").sync_detailed
        client = self.module("client").Client(base_url="http://server")

        def respond(request: httpx.Request) -> httpx.Response:
            saw(request)
            return answer

        # httpx has deprecated the way in which the generated functions give it cookies.
        ignored = warnings.catch_warnings(action="ignore", category=DeprecationWarning)
        with ignored, httpx.Client(base_url="http://server", transport=httpx.MockTransport(respond)) as transport:
            client.set_httpx_client(transport)
            return function(client=client, **(arguments(self) if callable(arguments) else arguments)).parsed


@contextlib.contextmanager
def imported(folder: Path) -> Iterator[Package]:
    """Import a generated package, and forget it afterwards."""
    sys.path.insert(0, str(folder.parent))
    importlib.invalidate_caches()
    try:
        yield Package(folder)
    finally:
        sys.path.remove(str(folder.parent))
        for name in [name for name in sys.modules if name.partition(".")[0] == folder.name]:
            del sys.modules[name]
