"""Operations beside traffic: all are asked, and what is not open is not exercised."""

import json
import re
import string
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contract_tests.declarations.specification import load_specification
from contract_tests.mutants.different_operations import DIFFERENT_OPERATIONS
from contract_tests.mutants.entry import SIX_OPERATIONS, Entry
from contract_tests.mutants.forked import run_suite
from contract_tests.mutants.serve import serve
from contract_tests.promises.catalogue import promises_of
from spec_pipeline.openapi.parsing import read_document
from spec_pipeline.project import PipelineError
from tests.contract.items_server import KEY, OPERATIONS, document, items_server
from tests.contract.test_runs import SPEC

ROOT = Path(__file__).parents[2]
_LETTERS = string.ascii_lowercase + ".-"
_HALF = ("contract_tests/operations", "contract_tests/schema/test_responses.py")


def run(folder: Path, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Run the suite over the six operations; give its exit code, its report and what it printed."""
    fixed = ["-q", "-p", "no:cacheprovider", "--spec", str(SIX_OPERATIONS), "--report-dir", str(folder)]
    ended = run_suite([*fixed, *arguments])
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return ended.exit_code, report, ended.stdout


def ask(folder: Path, entry: Entry, *tests: str) -> tuple[int, dict[str, Any], dict[str, Any], str]:
    """Run the suite against a server; give its exit code, its promises, its report and what it printed."""
    server = entry.server()
    with serve(server) as url:
        arguments = ["--base-url", url, "--api-key", server.key, "--app-id", str(server.app_id)]
        arguments += ["--app-env-id", "1", "--consumer-id", "2"]
        code, report, printed = run(folder, *(tests or ("contract_tests",)), *arguments)
    return code, {promise["id"]: promise for promise in report["promises"]}, report, printed


def entry_named(name: str) -> Entry:
    """Return a correct server of the catalogue."""
    return next(entry for entry in DIFFERENT_OPERATIONS if entry.name == f"six operations: {name}")


def test_every_promise_of_six_operations_is_exercised_and_kept(tmp_path: Path) -> None:
    """A correct server keeps all of them, in a run that stays within its budget; two operations have no examples."""
    code, promises, report, printed = ask(tmp_path, entry_named("as they are declared"))
    assert (code, {promise["verdict"] for promise in promises.values()}) == (0, {"kept"}), printed
    assert promises.keys() == {one.id for one in promises_of(load_specification(str(SIX_OPERATIONS)).operations)}
    assert report["requests"] < report["max_requests"] == 1600
    assert "Unsatisfiable" not in printed


def test_the_listings_of_the_mock_are_asked(tmp_path: Path) -> None:
    """The mock has two of the five further operations: their promises are kept, the others are not exercised."""
    code, report, printed = run(tmp_path, *_HALF)
    verdicts = {promise["id"]: promise["verdict"] for promise in report["promises"] if "@" in promise["id"]}
    assert code == 0, printed
    of_mock = {name for name in verdicts if name.endswith(("@list_apps", "@list_consumers"))}
    assert {name for name, verdict in verdicts.items() if verdict == "kept"} == of_mock - {
        "requests.default-limit@list_consumers"
    }
    assert {verdicts[name] for name in verdicts.keys() - of_mock} == {"not exercised"}


def test_each_operation_breaks_what_it_is_named_after(tmp_path: Path) -> None:
    """Filters, lists, dates and formats of operations that no vendor has; a correct one, and one of 204, are kept."""
    spec = tmp_path / "items.json"
    spec.write_text(json.dumps(document(read_document(SPEC))), encoding="utf-8")
    arguments = ["-q", "-p", "no:cacheprovider", "--spec", str(spec), "--report-dir", str(tmp_path)]
    with items_server() as url:
        run_suite([*_HALF, *arguments, "--base-url", url, "--api-key", KEY, "--app-id", "1"])
    promises = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["promises"]
    broken = {promise["id"] for promise in promises if promise["verdict"] == "broken"}
    assert broken == {f"{promise}@{name}" for name, (_, promise) in OPERATIONS.items() if promise}
    kept = {promise["id"] for promise in promises if promise["verdict"] == "kept"}
    assert "response.schema@correct" in kept
    assert "requests.no-server-error@nothing" in kept


@pytest.mark.parametrize(
    ("name", "operation", "reason"),
    [
        (
            "the key has no right to consumers",
            "@list_consumers",
            "returns 403 to a plain request: the key has no right",
        ),
        (
            "the plan has no request logs",
            "@get_request_logs",
            "returns 402 to a plain request: the plan does not include",
        ),
        ("the key has no right to traffic", "", "returns 403: the key has no right"),
    ],
)
def test_what_a_server_does_not_open_is_not_exercised(tmp_path: Path, name: str, operation: str, reason: str) -> None:
    """No promise of an operation that is refused to the key is kept, let alone broken, and each says why."""
    code, promises, _, printed = ask(tmp_path, entry_named(name), *_HALF)
    assert code == 0, printed
    found = [one for promise_id, one in promises.items() if promise_id.lstrip(_LETTERS) == operation]
    assert {promise["verdict"] for promise in found} == {"not exercised"}
    assert reason in promises[f"response.schema{operation}"]["reason"]
    assert promises["response.schema@list_apps"]["verdict"] == "kept"


def test_an_operation_without_records_is_asked_for_what_there_is(tmp_path: Path) -> None:
    """Its key, its bounds and its form are tested; filters and pages are not exercised."""
    code, promises, _, printed = ask(tmp_path, entry_named("there are no records"), *_HALF)
    verdicts = {name: one["verdict"] for name, one in promises.items() if name.endswith("@get_request_logs")}
    assert code == 0, printed
    needing = {name for name in verdicts if name.startswith(("pagination.", "consistency.", "requests.default-"))}
    assert {name for name, verdict in verdicts.items() if verdict == "not exercised"} >= needing
    assert verdicts["auth.key-required@get_request_logs"] == verdicts["requests.bounds@get_request_logs"] == "kept"


def test_a_specification_without_traffic_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """The suite is about traffic: without it there is nothing to begin with."""
    path = tmp_path / "other.json"
    response = {"200": {"description": "ok"}}
    content = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/a": {"get": {"responses": response}}},
    }
    path.write_text(json.dumps(content | {"components": {}}), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "contract_tests", "--spec", str(path), "--report-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "other.json has no GET /v1/apps/{app_id}/traffic" in done.stdout + done.stderr


def test_a_parameter_that_only_the_path_names_is_told_in_a_sentence(tmp_path: Path) -> None:
    """No request can be made for such an operation; which one it is, the sentence says."""
    pin = read_document(SPEC)
    spec = tmp_path / "items.json"
    operation = {"operationId": "item", "responses": {"200": {"description": "ok"}}}
    spec.write_text(
        json.dumps(pin | {"paths": pin["paths"] | {"/v1/items/{id}": {"get": operation}}}), encoding="utf-8"
    )
    sentence = (
        "items.json does not declare the parameter id of GET /v1/items/{id}; add it with an action in overlay.yaml."
    )
    with pytest.raises(PipelineError, match=re.escape(sentence)):
        load_specification(str(spec))
