"""A client of botocore for the traffic endpoint, which needs a model of the service in a folder."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import botocore.session
from botocore.config import Config

_SERVICE, _VERSION = "traffic", "2026-01-01"
_MODEL = {
    "version": "2.0",
    "metadata": {
        "apiVersion": _VERSION,
        "endpointPrefix": _SERVICE,
        "protocol": "rest-json",
        "protocols": ["rest-json"],
        "serviceFullName": _SERVICE,
        "serviceId": _SERVICE,
        "signatureVersion": "v4",
        "uid": f"{_SERVICE}-{_VERSION}",
    },
    "operations": {
        "GetTraffic": {
            "name": "GetTraffic",
            "http": {"method": "GET", "requestUri": "/v1/apps/1/traffic?limit=1"},
            "input": {"shape": "Request"},
            "output": {"shape": "Response"},
        }
    },
    "shapes": {
        "Key": {"type": "string"},
        "Request": {
            "type": "structure",
            "members": {"key": {"shape": "Key", "location": "header", "locationName": "Api-Key"}},
        },
        "Response": {"type": "structure", "members": {}},
    },
}


@contextmanager
def adaptive_client(url: str, connections: int) -> Iterator[Any]:
    """Give a client whose `get_traffic(key=…)` sends one request, and paces itself in the adaptive mode."""
    with TemporaryDirectory() as folder:
        model = Path(folder, _SERVICE, _VERSION, "service-2.json")
        model.parent.mkdir(parents=True)
        model.write_text(json.dumps(_MODEL), encoding="utf-8")
        session = botocore.session.Session()
        session.get_component("data_loader").search_paths.append(folder)
        client = session.create_client(
            _SERVICE,
            region_name="none",
            endpoint_url=url,
            aws_access_key_id="-",
            aws_secret_access_key="-",  # noqa: S106 - it opens nothing
            config=Config(
                retries={"mode": "adaptive", "total_max_attempts": 100},
                max_pool_connections=connections,
                proxies={},
            ),
        )
        try:
            yield client
        finally:
            client.close()
