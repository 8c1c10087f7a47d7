"""The OpenAPI description of the running server, compared with the pinned one."""

import json
import subprocess
import sys
from pathlib import Path

import httpx

PINNED = Path(__file__).parents[2] / "openapi.json"


def test_the_server_describes_the_traffic_operation_as_the_vendor_does(client: httpx.Client) -> None:
    """The operation and its schemas are equal to those of the pin, which may have other operations, too."""
    pinned = json.loads(PINNED.read_text(encoding="utf-8"))
    running = client.get("/openapi.json").json()
    assert list(running["paths"]) == ["/v1/apps/{app_id}/traffic"]
    for path, operations in running["paths"].items():
        assert operations == pinned["paths"][path]
    for name, schema in running["components"]["schemas"].items():
        schema.pop("description", None)  # the docstring of the mock's model
        assert schema == pinned["components"]["schemas"][name]
    assert running["components"]["securitySchemes"] == pinned["components"]["securitySchemes"]
    assert running["info"] == pinned["info"]


def test_a_server_starts_without_what_only_its_description_needs() -> None:
    """Importing FastAPI would double the time that a start takes."""
    program = "import sys; from apitally_mock._control import application; print('fastapi' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout == "False\n"
