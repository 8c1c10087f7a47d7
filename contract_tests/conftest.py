"""Turn a pytest run into a run of the contract suite: options, preflight check, verdicts, reports, exit code.

Exit codes: 0 every exercised promise is kept, 1 one is broken, 2 the suite could not run.
"""

import gc
import os
from collections.abc import Generator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apitally_mock import MockServer
from contract_tests.declarations.specification import Specification, load_specification
from contract_tests.operations.each import Asked
from contract_tests.options import OptionError, Options, add_options, read_options, unread_options
from contract_tests.preflight import PreflightError, check_server
from contract_tests.promises.baseline import BaselineError, read_baseline
from contract_tests.promises.catalogue import promises_of
from contract_tests.promises.promise import BrokenPromiseError, Ledger, NotExercisedError, ShareUsedUpError
from contract_tests.reading.endpoint import Endpoints
from contract_tests.report.github import annotations, write_job_summary
from contract_tests.report.history import History, HistoryError
from contract_tests.report.junit import write_failed_start
from contract_tests.report.outcome import Outcome
from contract_tests.report.write import write_reports, write_table
from contract_tests.run import Run
from contract_tests.wire.client import BudgetUsedUpError, Client, ServerGoneError
from spec_pipeline.project import PipelineError

_OUTCOME = pytest.StashKey[Outcome]()
_RUN = pytest.StashKey[Run]()
_SPEC = pytest.StashKey[Specification]()
_OPENED = pytest.StashKey[ExitStack]()
_HISTORY = pytest.StashKey[History]()
_OBJECTS_BETWEEN_COLLECTIONS = 100_000
"""Every response is kept, so there is little garbage; with Python's default, collecting takes a tenth of a run."""

_STOPPED_EARLY = "Its test did not run: the run stopped at an earlier one, as -x or --maxfail tells it to."
_NOT_SELECTED = "Its test was not selected for this run."
_STOPPED = {
    pytest.ExitCode.INTERRUPTED: "The run was interrupted.",
    pytest.ExitCode.INTERNAL_ERROR: "pytest failed; its output says where.",
    pytest.ExitCode.USAGE_ERROR: "pytest could not use its arguments; its output says why.",
    pytest.ExitCode.NO_TESTS_COLLECTED: "No test was selected.",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and write the JUnit report beside the others."""
    config.addinivalue_line("markers", "promise(id, cost): the promise that a test is about, and the requests it needs")
    config.addinivalue_line("markers", "each_operation(name, cost): the same for each operation except traffic")
    config.addinivalue_line("markers", "schema(cost): a phase of schemathesis, and the requests it needs")
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    if not config.option.xmlpath:
        config.option.xmlpath = f"{config.getoption('--report-dir')}/junit.xml"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize the tests that apply to any operation, by operation and promise."""
    spec = metafunc.config.stash[_SPEC]
    if "declared" in metafunc.fixturenames:
        metafunc.parametrize("declared", spec.operations, ids=lambda operation: operation.id)
    for marker in metafunc.definition.iter_markers("each_operation"):
        cases = [
            pytest.param(
                (promise.id, operation), id=promise.id, marks=pytest.mark.promise(promise.id, cost=marker.args[1])
            )
            for operation in spec.operations
            for promise in promises_of(spec.operations)
            if promise.id.startswith(marker.args[0]) and promise.id.endswith(f"@{operation.id}")
        ]
        metafunc.parametrize("asked", cases, indirect=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run the tests in the order of the catalogue of promises; those that check all responses come last."""
    promise_ids = [promise.id for promise in promises_of(config.stash[_SPEC].operations)]
    # pytest turns a parametrized test without parameters into a skipped one.
    items[:] = [item for item in items if _promise(item) or not item.get_closest_marker("each_operation")]

    def place(item: pytest.Item) -> float:
        promise_id = _promise(item)
        return promise_ids.index(promise_id) if promise_id else promise_ids.index("response.schema") - 0.5

    items.sort(key=place)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the mock if no server is named, and send the first request."""
    config = session.config
    opened = config.stash[_OPENED] = ExitStack()
    try:
        spec = config.stash[_SPEC] = load_specification(config.getoption("--spec"))
        if config.option.collectonly:
            return
        config.stash[_RUN] = _begin(config, spec, opened)
    except (OptionError, PreflightError, BaselineError, HistoryError, PipelineError) as error:
        opened.close()
        terminal = config.pluginmanager.get_plugin("terminalreporter")
        outcome = config.stash.get(_OUTCOME, None) or Outcome(None, Ledger([]), unread_options(config), {})
        outcome.stop(str(error))
        # If the folder for the reports cannot be written, the sentence already says so.
        with suppress(OSError):
            write_reports(outcome)
            write_failed_start(Path(config.option.xmlpath), str(error))
        _tell_github(outcome, terminal)
        pytest.exit(str(error), returncode=2)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Print the options that repeat the run."""
    run = config.stash.get(_RUN, None)
    if run is None:
        return None
    options = run.options
    told = f"--seed {options.seed}, --max-requests {options.max_requests}"
    return f"contract: {run.client.base_url}, app {options.app_id}, {told}"


@pytest.fixture
def run(request: pytest.FixtureRequest) -> Run:
    """Return the parts of the run, with the budget of this test."""
    items = request.session.items
    parts = request.config.stash[_RUN]
    parts.budget.begin(_promise(request.node), list(map(_cost, items[items.index(request.node) :])))
    promise_id = _promise(request.node)
    if promise_id is not None and "@" not in promise_id:
        parts.require_traffic()
    return parts


@pytest.fixture
def asked(run: Run, request: pytest.FixtureRequest) -> Asked:
    """Return a promise of an operation other than traffic that the server has and serves with this key."""
    promise_id, operation = request.param
    endpoint = run.endpoints.of(operation)
    endpoint.require_open()
    return Asked(run, promise_id, endpoint)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn what a test raises into a verdict; what is not the server's fault is skipped, with the reason."""
    error = call.excinfo.value if call.excinfo else None
    if call.when == "call" or error is not None:
        _note(item.config.stash[_OUTCOME], item, error)
    report = yield
    if isinstance(error, NotExercisedError | BudgetUsedUpError):
        report.outcome = "skipped"
        report.longrepr = (str(item.path), 0, f"not exercised: {error}")
    elif isinstance(error, ShareUsedUpError):
        report.outcome, report.longrepr = "passed", None
    elif isinstance(error, BrokenPromiseError):
        report.longrepr = "\n".join([error.message, *(f"  {exchange.curl}" for exchange in error.exchanges)])
    elif isinstance(error, ServerGoneError):
        report.longrepr = item.session.shouldstop = str(error)
    elif call.excinfo and report.failed:
        # In the short style, which shows no arguments: they may be cut in the middle of the key.
        report.longrepr = _without_key(item.config.stash[_OUTCOME], str(call.excinfo.getrepr(style="short")))
    return report


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Note the promises whose tests were not selected."""
    for item in items:
        if (promise_id := _promise(item)) is not None:
            item.config.stash[_OUTCOME].ledger.not_exercised(promise_id, _NOT_SELECTED)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Settle the verdicts, write the reports, and choose the exit code."""
    outcome = session.config.stash.get(_OUTCOME, None)
    if outcome is None:
        return
    # A failure of pytest itself, such as in importing a test, says nothing about the server.
    if outcome.gone or exitstatus in _STOPPED:
        outcome.stop(outcome.gone or _STOPPED[pytest.ExitCode(exitstatus)])
    outcome.ledger.not_run(_STOPPED_EARLY if session.shouldfail else _NOT_SELECTED)
    outcome.ledger.settle()
    outcome.runs = [outcome.for_history]
    history = session.config.stash.get(_HISTORY, None)
    if history is not None and len(outcome.not_exercised) < len(outcome.ledger.findings):
        try:
            outcome.runs = history.add(outcome.for_history)
        except HistoryError as error:
            outcome.errors.append(str(error))
    write_reports(outcome)
    session.exitstatus = outcome.exit_code
    session.config.stash[_OPENED].close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the closing table."""
    outcome = config.stash.get(_OUTCOME, None)
    if outcome is None:
        return
    write_table(outcome, terminalreporter.write_line)
    _tell_github(outcome, terminalreporter)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Print the warnings below pytest's last line, where they are noticed."""
    outcome, terminal = config.stash.get(_OUTCOME, None), config.pluginmanager.get_plugin("terminalreporter")
    if outcome is not None and outcome.client is not None and terminal is not None:
        for warning in outcome.warnings:
            terminal.write_line(f"warning: {warning}", yellow=True)


def _tell_github(outcome: Outcome, terminal: Any) -> None:
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in annotations(outcome):
            terminal.write_line(line)
        write_job_summary(outcome, os.environ)


def _begin(config: pytest.Config, spec: Specification, opened: ExitStack) -> Run:
    outcome = Outcome(None, Ledger(promises_of(spec.operations)), unread_options(config), {}, spec.operations)
    config.stash[_OUTCOME] = outcome
    outcome.options = options = read_options(config, len(spec.operations), outcome.ledger.findings)
    outcome.baseline = read_baseline(options.baseline, outcome.ledger.findings)
    if options.history is not None:
        config.stash[_HISTORY] = History(options.history)
    base_url, api_key, options = _server(options, opened)
    client = Client(
        base_url,
        api_key,
        options.app_id,
        max_requests=options.max_requests,
        requests_per_minute=options.rate_limit,
        proxy=options.proxy,
        ca_file=options.ca_file,
    )
    opened.callback(client.close)
    outcome.client, outcome.options = client, options
    endpoints = Endpoints(client, spec, options.known_values)
    greeting = check_server(client, endpoints)
    return Run(options, client, outcome.ledger, endpoints, skew=greeting.skew, closed=greeting.closed)


def _server(options: Options, opened: ExitStack) -> tuple[str, str, Options]:
    if options.base_url is not None and options.api_key is not None:
        return options.base_url, options.api_key, options
    mock = opened.enter_context(MockServer(seed=options.seed))
    known = replace(options, api_key=mock.api_key, app_id=1, app_env_id=1, consumer_id=1)
    return mock.url, mock.api_key, known


def _note(outcome: Outcome, item: pytest.Item, error: BaseException | None) -> None:
    promise_id, ledger = _promise(item), outcome.ledger
    match error:
        case None:
            reason = None
        case BrokenPromiseError():
            ledger.broken(error)
            reason = (
                None if error.promise_id == promise_id else f"It was not reached, because {error.promise_id} is broken."
            )
        case ServerGoneError():
            outcome.gone = reason = str(error)
        case ShareUsedUpError():
            reason = None
        case BudgetUsedUpError() if promise_id and ledger.findings[promise_id].exercised:
            reason = None
        case NotExercisedError() | BudgetUsedUpError():
            reason = str(error)
        case _:
            told = _without_key(outcome, f"{type(error).__name__}: {error}")
            reason = f"The suite itself failed: {told}"
            outcome.errors.append(f"{item.name}: {told}")
    if promise_id and reason:
        ledger.not_exercised(promise_id, reason)
    elif promise_id and error is None:
        ledger.completed(promise_id)
    elif promise_id and isinstance(error, ShareUsedUpError | BudgetUsedUpError):
        ledger.cut_short(promise_id)


def _without_key(outcome: Outcome, text: str) -> str:
    return text if outcome.client is None else outcome.client.hide(text)


def _cost(item: pytest.Item) -> int:
    return sum(marker.kwargs.get("cost", 0) for marker in item.iter_markers())


def _promise(item: pytest.Item) -> str | None:
    marker = item.get_closest_marker("promise")
    return None if marker is None else str(marker.args[0])
