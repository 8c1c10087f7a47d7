"""The server's own description, against the one that the vendor publishes."""

import json
from pathlib import Path

import httpx

PINNED = Path(__file__).parents[2] / "openapi.json"


def test_the_running_server_describes_itself_as_the_vendor_does(client: httpx.Client) -> None:
    """The operation agrees to the letter, the schemas in all but the mock's own comments on them."""
    pinned = json.loads(PINNED.read_text(encoding="utf-8"))
    running = client.get("/openapi.json").json()
    assert running["paths"] == pinned["paths"]
    schemas = running["components"].pop("schemas")
    assert schemas.keys() == pinned["components"]["schemas"].keys()
    for name, schema in pinned["components"].pop("schemas").items():
        schemas[name].pop("description", None)
        assert schemas[name] == schema
    assert running["components"] == pinned["components"]
    assert running["info"] == pinned["info"]
