"""The client that openapi-generator writes from the vendor's spec, made again for each run of the benchmarks."""

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from apitally_mock import MockServer

ROOT = Path(__file__).parents[1]
PACKAGE = "openapi_generator_client"


@contextmanager
def reader(start: str, end: str) -> Iterator[Callable[[MockServer], int] | None]:
    """Give a function that reads a window with the client, 1000 a page, and counts; None where it cannot be made."""
    if missing := _missing():
        print(f"openapi-generator is left out: {missing} is missing.")
        yield None
        return
    with TemporaryDirectory() as folder:
        command = [str(Path(sys.executable).with_name("openapi-generator-cli")), "generate", "--generator-name"]
        command += ["python", "--input-spec", str(ROOT / "openapi.json"), "--output", folder]
        command += ["--additional-properties", f"packageName={PACKAGE}"]
        subprocess.run(command, check=True, capture_output=True)
        sys.path.insert(0, folder)
        try:
            yield lambda server: _read(server, datetime.fromisoformat(start), datetime.fromisoformat(end))
        finally:
            sys.path.remove(folder)


def _missing() -> str:
    if not shutil.which("java"):
        return "Java"
    packages = {"openapi_generator_cli": "openapi-generator-cli", "dateutil": "python-dateutil", "urllib3": "urllib3"}
    return next((name for module, name in packages.items() if not importlib.util.find_spec(module)), "")


def _read(server: MockServer, start: datetime, end: datetime) -> int:
    client = importlib.import_module(PACKAGE)
    configuration = client.Configuration(host=server.url)
    configuration.datetime_format = "%Y-%m-%dT%H:%M:%S+00:00"  # by default +0000, which RFC 3339 does not allow
    rows, token = 0, None
    with client.ApiClient(configuration, "Api-Key", server.api_key) as connection:
        fetch = client.MetricsApi(connection).get_traffic_v1_apps_app_id_traffic_get
        while True:
            page = fetch(1, start=start, end=end, limit=1000, next_token=token)
            rows, token = rows + len(page.data), page.next_token
            if not page.has_more:
                return rows
