"""A second operation with pages, as a later pin may bring one: the suite picks it up without a line written for it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from contract_tests.mutants.reference import Answer, Reference
from contract_tests.mutants.serve import serve

ROOT = Path(__file__).parents[2]
PATH = "/v1/apps/{app_id}/consumers"
OPERATION = "list_consumers"
RECORDS = [{"id": number, "name": f"consumer {number}"} for number in range(1, 24)]

Change = Callable[[dict[str, str], dict[str, Any]], dict[str, Any]]


class Consumers(Reference):
    """The reference server, with a listing of consumers beside its traffic."""

    def __init__(self, change: Change | None = None) -> None:
        super().__init__()
        self.change = change

    def answer(self, target: str, headers: Mapping[str, str]) -> Answer:
        parts = urlsplit(target)
        if parts.path != f"/v1/apps/{self.app_id}/consumers" or not self.is_right(headers.get("api-key")):
            return super().answer(target, headers)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        limit, token = query.get("limit", "10"), query.get("next_token", "t0")
        if not (limit.isascii() and limit.isdigit() and 1 <= int(limit) <= 50):
            return json_answer(422, {"detail": [{"loc": ["query", "limit"], "msg": "out of bounds", "type": "value"}]})
        if not (token[:1] == "t" and token[1:].isascii() and token[1:].isdigit() and len(token) < 9):
            return json_answer(422, {"detail": [{"loc": ["query", "next_token"], "msg": "unknown", "type": "value"}]})
        first, last = int(token[1:]), int(token[1:]) + int(limit)
        has_more = last < len(RECORDS)
        page = {"data": RECORDS[first:last], "has_more": has_more, "next_token": f"t{last}" if has_more else None}
        return json_answer(200, self.change(query, page) if self.change else page)


def json_answer(status: int, body: Any) -> Answer:
    """Return a response with JSON in it."""
    return Answer(status, json.dumps(body).encode(), {"content-type": "application/json"})


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the suite whose pin has the second listing."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("contract_tests", "spec_pipeline"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("overlay.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    spec = json.loads((ROOT / "openapi.json").read_text(encoding="utf-8"))
    consumer = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
    page = {
        "type": "object",
        "required": ["data", "has_more", "next_token"],
        "properties": {
            "data": {"type": "array", "items": consumer},
            "has_more": {"type": "boolean"},
            "next_token": {"type": ["string", "null"]},
        },
    }
    limit = {"type": "integer", "minimum": 1, "maximum": 50, "default": 10}
    spec["paths"][PATH] = {
        "get": {
            "operationId": OPERATION,
            "parameters": [
                {"name": "app_id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}},
                {"name": "limit", "in": "query", "schema": limit},
                {"name": "next_token", "in": "query", "schema": {"type": "string", "maxLength": 1024}},
            ],
            "responses": {"200": {"description": "Page", "content": {"application/json": {"schema": page}}}},
        }
    }
    (folder / "openapi.json").write_text(json.dumps(spec), encoding="utf-8")
    return folder


def verdicts(project: Path, server: Reference, *arguments: str) -> tuple[dict[str, Any], str]:
    """Run the suite of the copy against a server; give its report by promise, and what it printed."""
    with serve(server) as url:
        command = [sys.executable, "-m", "pytest", "contract_tests", "-q", "-p", "no:cacheprovider"]
        command += ["--base-url", url, "--api-key", server.key, "--app-id", str(server.app_id), *arguments]
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    report = json.loads((project / "reports/contract/report.json").read_text(encoding="utf-8"))
    return {promise["id"]: promise for promise in report["promises"]}, done.stdout


def test_a_second_listing_is_asked_for_its_promises_too(project: Path) -> None:
    """A whole run exercises the pages of the new operation, and its requests, beside all that it asks of traffic."""
    server = Consumers()
    found, printed = verdicts(project, server, "--app-env-id", "1", "--consumer-id", "1")
    assert {promise["verdict"] for promise in found.values()} == {"kept"}, printed
    of_listing = [name for name in found if name.endswith(f"@{OPERATION}")]
    assert len(of_listing) == 6
    assert all("/consumers" in line for name in of_listing for line in found[name]["evidence"])
    assert server.asked <= 800
    page = (project / "reports/contract/report.html").read_text(encoding="utf-8")
    assert f"{PATH} limit" in page


def test_a_server_without_the_second_listing_is_not_blamed(project: Path) -> None:
    """Where the new operation is not served yet, its promises are not exercised, and say why."""
    found, printed = verdicts(project, Reference(), "-k", "listings or coverage")
    promise = found[f"pagination.each-once@{OPERATION}"]
    assert (promise["verdict"], "answers 404" in promise["reason"]) == ("not exercised", True)
    assert "broken" not in {promise["verdict"] for promise in found.values()}, printed


def _ignores_the_limit(_: dict[str, str], page: dict[str, Any]) -> dict[str, Any]:
    return page | {"data": RECORDS, "has_more": False, "next_token": None}


def _loops(query: dict[str, str], page: dict[str, Any]) -> dict[str, Any]:
    return page | {"has_more": True, "next_token": "t0"} if "next_token" in query else page


def _loses_a_record(query: dict[str, str], page: dict[str, Any]) -> dict[str, Any]:
    return page | {"data": page["data"][1:]} if "next_token" in query else page


def _repeats_a_record(query: dict[str, str], page: dict[str, Any]) -> dict[str, Any]:
    return page | {"data": [RECORDS[0], *page["data"][1:]]} if "next_token" in query else page


def _never_says_enough(_: dict[str, str], page: dict[str, Any]) -> dict[str, Any]:
    is_exact = not page["has_more"] and page["data"]
    return page | {"has_more": True, "next_token": "t23"} if is_exact else page


def _contradicts_itself(_: dict[str, str], page: dict[str, Any]) -> dict[str, Any]:
    return page | {"next_token": page["next_token"] or "t23"}


def _ends_early(query: dict[str, str], page: dict[str, Any]) -> dict[str, Any]:
    return page | {"has_more": False, "next_token": None} if int(query.get("limit", "10")) > 15 else page


def _has_another_default(query: dict[str, str], page: dict[str, Any]) -> dict[str, Any]:
    is_default = "limit" not in query
    return page | {"data": RECORDS[:11], "has_more": True, "next_token": "t11"} if is_default else page


@pytest.mark.parametrize(
    ("change", "name"),
    [
        pytest.param(_ignores_the_limit, "limit", marks=pytest.mark.exhaustive),
        (_has_another_default, "limit"),
        pytest.param(_loops, "walk-ends", marks=pytest.mark.exhaustive),
        (_loses_a_record, "each-once"),
        pytest.param(_repeats_a_record, "each-once", marks=pytest.mark.exhaustive),
        pytest.param(_never_says_enough, "has-more", marks=pytest.mark.exhaustive),
        pytest.param(_contradicts_itself, "has-more", marks=pytest.mark.exhaustive),
        (_ends_early, "has-more"),
    ],
)
def test_a_broken_listing_is_named(project: Path, change: Change, name: str) -> None:
    """Pages of the new operation that break a promise are caught, under the promise of that operation."""
    found, printed = verdicts(project, Consumers(change), "-k", "listings")
    assert found[f"pagination.{name}@{OPERATION}"]["verdict"] == "broken", printed
    assert all(name.endswith(f"@{OPERATION}") for name, promise in found.items() if promise["verdict"] == "broken")
