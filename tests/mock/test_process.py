"""The process of a mock server: it is ready on entry, and gone with its block or its owner."""

import asyncio
import contextlib
import errno
import multiprocessing
import os
import pickle
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import anyio
import freezegun
import httpx
import pytest

import apitally_mock
from apitally_mock import MockServer, MockServerError
from apitally_mock._process import PROGRAM
from tests.mock.mock_endpoint import PATH


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> "list[subprocess.Popen[bytes]]":
    """Return a list of the processes that are started from here on."""
    found: list[subprocess.Popen[bytes]] = []

    class RecordedPopen(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            found.append(self)

    monkeypatch.setattr(subprocess, "Popen", RecordedPopen)
    return found


def is_listening(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as connection:
        return connection.connect_ex((host, int(port))) == 0


def wait_until_gone(url: str) -> None:
    deadline = time.monotonic() + 10
    while is_listening(url):
        assert time.monotonic() < deadline, "the server is still there"
        time.sleep(0.05)


def test_a_server_is_ready_on_entry_and_gone_on_exit() -> None:
    """A server can be entered again, and outside of its block it says that it is not running."""
    server = MockServer()
    for _ in range(2):
        with server as entered:
            assert entered is server
            url = server.url
            assert httpx.get(url + PATH).status_code == 401
        assert not is_listening(url)
        with pytest.raises(MockServerError, match="not running"):
            _ = server.url


def test_async_with_does_the_same() -> None:
    """The same holds for `async with`."""

    async def use() -> str:
        async with MockServer() as server, httpx.AsyncClient() as client:
            assert (await client.get(server.url + PATH)).status_code == 401
            return server.url

    assert not is_listening(anyio.run(use))


def test_an_error_in_the_block_ends_the_server_too() -> None:
    """The error is raised, and the server is gone."""
    server = MockServer()
    with pytest.raises(ZeroDivisionError), server:  # noqa: PT012 - what goes wrong is the block
        url = server.url
        raise ZeroDivisionError
    assert not is_listening(url)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_server_ends_with_its_owner(number: signal.Signals) -> None:
    """A killed or interrupted owner takes its server along, which was busy."""
    program = (
        "import time; from apitally_mock import MockServer\n"
        "with MockServer() as server: print(server.url, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        httpx.post(url + "/_mock/faults", json={"fault": "latency", "seconds": 60})
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(url + PATH, timeout=0.1)
        process.send_signal(number)
        process.wait()
    wait_until_gone(url)


def test_the_server_is_imported_from_where_its_owner_imports_it(tmp_path: Path) -> None:
    """The child imports from the `sys.path` of its owner, such as a folder that pytest has added."""
    folder = Path(apitally_mock.__file__).parents[1]
    program = (
        f"import sys; sys.path.insert(0, {str(folder)!r})\n"
        "from apitally_mock import MockServer\n"
        "with MockServer() as server: print(server.url)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("http://127.0.0.1:"), done.stderr


def test_a_taken_port_is_one_sentence() -> None:
    """The error names the port and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            MockServerError, match=rf"^Cannot listen on 127.0.0.1 port {port}: Address already in use\."
        ):
            MockServer(port=port).__enter__()


def test_a_port_can_be_chosen_and_used_again_at_once() -> None:
    """A second server can use the port of a first one that has just ended."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for _ in range(2):
        with MockServer(port=port) as server:
            assert server.url == f"http://127.0.0.1:{port}"
            assert httpx.get(server.url + PATH).status_code == 401


def test_ipv6_works() -> None:
    """The URL of an IPv6 address has brackets."""
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with MockServer(host="::1") as server:
        assert server.url.startswith("http://[::1]:")
        assert httpx.get(server.url + PATH).status_code == 401
        assert len(server.requests) == 1


@pytest.mark.parametrize("host", ["", "nowhere.invalid", "a" * 300, "a..b", "\0", "\ud800", "203.0.113.1"])
def test_a_host_that_cannot_be_listened_on_is_one_sentence(host: str) -> None:
    """A name that does not exist or cannot be one, or an address of another machine, is a ValueError or this error."""
    with pytest.raises((MockServerError, ValueError), match=r"^(Cannot listen on .* Choose another|host must be)"):
        MockServer(host=host).__enter__()


def test_a_server_is_entered_once_at_a_time() -> None:
    """A second entry is refused, and the server still runs."""
    with MockServer() as server:
        with pytest.raises(MockServerError, match="running already"):
            server.__enter__()
        assert is_listening(server.url)


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control requests go directly to the server."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with MockServer() as server:
        server.reset()


def test_a_child_without_a_start_line_ends_quietly() -> None:
    """An owner that is interrupted before it has sent the start line leaves neither a process nor a traceback."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(os.getpid())], input="", capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def run_script(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a process of its own, which imports the mock server from where the tests do."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(Path(apitally_mock.__file__).parents[1])} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_server_ends_with_its_owner_although_a_forked_child_lives(tmp_path: Path) -> None:
    """A forked child of the owner has the pipes of the server, too, and does not keep it alive."""
    script = """
        import os, signal, time
        from apitally_mock import MockServer
        with MockServer() as server:
            child = os.fork()
            if not child:
                os.close(1), os.close(2)
                time.sleep(20)
                os._exit(0)
            print(server.url, child, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
    """
    done = run_script(script, tmp_path)
    assert done.returncode == -signal.SIGKILL, done.stderr
    url, child = done.stdout.split()
    try:
        wait_until_gone(url)
    finally:
        assert is_running(int(child))
        os.kill(int(child), signal.SIGKILL)


@pytest.mark.parametrize(
    "delay", [0.0, 0.1, *(pytest.param(n / 50, marks=pytest.mark.exhaustive) for n in range(1, 30, 3))]
)
def test_an_owner_that_is_killed_during_the_start_leaves_no_process(tmp_path: Path, delay: float) -> None:
    """Whenever the owner is killed, the child ends, although a forked child of the owner holds its pipes."""
    script = f"""
        import os, signal, subprocess, threading, time
        from apitally_mock import MockServer
        popen = subprocess.Popen
        def start(*arguments, **options):
            process = popen(*arguments, **options)
            child = os.fork()
            if not child:
                os.close(1), os.close(2)
                time.sleep(20)
                os._exit(0)
            print(process.pid, child, flush=True)
            threading.Timer({delay}, os.kill, (os.getpid(), signal.SIGKILL)).start()
            return process
        subprocess.Popen = start
        with MockServer() as server:
            time.sleep(20)
    """
    done = run_script(script, tmp_path)
    assert done.returncode == -signal.SIGKILL, done.stderr
    server, child = map(int, done.stdout.split())
    try:
        deadline = time.monotonic() + 12
        while is_running(server):
            assert time.monotonic() < deadline, "the server is still there"
            time.sleep(0.05)
    finally:
        assert is_running(child)
        os.kill(child, signal.SIGKILL)


def is_running(pid: int) -> bool:
    """Return whether there is such a process; one that has ended, but was not waited for, is not running."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_forked_child_that_leaves_the_block_does_not_end_the_server(tmp_path: Path) -> None:
    """The server belongs to the process that started it."""
    script = """
        import os
        from apitally_mock import MockServer
        with MockServer() as server:
            child = os.fork()
            if child:
                os.waitpid(child, 0)
                print(len(server.requests))
    """
    assert run_script(script, tmp_path).stdout == "0\n"


def test_a_server_outlives_the_thread_that_started_it() -> None:
    """A server belongs to a process, not to a thread."""
    server = MockServer()
    thread = threading.Thread(target=server.__enter__)
    thread.start()
    thread.join()
    time.sleep(0.5)
    with contextlib.closing(httpx.Client(base_url=server.url)) as client:
        assert client.get(PATH).status_code == 401
    server.__exit__(None, None, None)


def test_a_server_can_run_in_a_forked_worker() -> None:
    """A forked process can own a server as any other, and a running server adds no thread to the one that forks."""
    threads = threading.active_count()
    with MockServer():
        assert threading.active_count() == threads
    with MockServer(), multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply(_status_of_a_new_server) == 401


def _status_of_a_new_server() -> int:
    with MockServer() as server:
        return httpx.get(server.url + PATH).status_code


@pytest.mark.parametrize(
    "customization",
    [
        "print('hello')",
        "import sys; sys.stdout.write('no line break')",
        "import sys; sys.stdout.buffer.write(bytes(range(256)) * 1000); sys.stdout.flush()",
        "import json; dumps = json.dumps; json.dumps = lambda *a, **k: print('x' * 50_000) or dumps(*a, **k)",
    ],
    ids=["line", "no-line", "bytes", "always"],
)
def test_the_start_does_not_depend_on_a_clean_stdout(tmp_path: Path, customization: str) -> None:
    """A `sitecustomize` that prints, as some tools install it, does not matter."""
    (tmp_path / "sitecustomize.py").write_text(f"import sys\nif '-P' in sys.orig_argv:\n    {customization}\n")
    script = """
        import httpx
        from apitally_mock import MockServer
        with MockServer() as server:
            for _ in range(5):
                server.reset()
            print(httpx.get(server.url + "/v1/apps/1/traffic").status_code)
    """
    paths = os.pathsep.join([str(tmp_path), str(Path(apitally_mock.__file__).parents[1])])
    done = run_script(script, tmp_path, PYTHONPATH=paths)
    assert done.stdout == "401\n", done.stderr


def test_modules_of_the_working_directory_are_not_imported(tmp_path: Path) -> None:
    """A file that is named like a module of the standard library does not break the start."""
    (tmp_path / "json.py").write_text("raise SystemExit('imported the wrong json')")
    script = """
        import sys
        sys.path.remove("")
        from apitally_mock import MockServer
        with MockServer() as server:
            print("ready")
    """
    done = run_script(script, tmp_path)
    assert done.stdout == "ready\n", done.stderr


def test_entries_of_the_import_path_need_not_be_strings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths, bytes and things that Python ignores are entries of `sys.path` in the wild."""
    monkeypatch.setattr(sys, "path", [Path("/nowhere"), b"/nowhere", None, 5, "/\udcff", *sys.path])
    with MockServer() as server:
        assert httpx.get(server.url + PATH).status_code == 401


@pytest.mark.parametrize(
    "executable", [None, "", 5, b"/usr/bin/python3", "/usr/bin/env", "/nowhere/python3", sys.executable + "-embedded"]
)
def test_an_interpreter_is_found_without_sys_executable(
    monkeypatch: pytest.MonkeyPatch, executable: str | None
) -> None:
    """Where Python is embedded in another program, `sys.executable` is that program, or nothing."""
    monkeypatch.setattr(sys, "executable", executable)
    with MockServer() as server:
        assert httpx.get(server.url + PATH).status_code == 401


def test_a_missing_interpreter_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without any interpreter, the error names `sys.executable`."""
    monkeypatch.setattr(sys, "executable", "/usr/sbin/uwsgi")
    monkeypatch.setattr(sys, "base_exec_prefix", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MockServerError, match=r"needs a Python interpreter .* '/usr/sbin/uwsgi'\.$"):
        MockServer().__enter__()


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        ("#!/bin/sh\nexit 3\n", "ended before it was ready, with exit code 3"),
        ("#!/bin/sh\nexec cat >/dev/null\n", "was not ready after 0.5 seconds"),
        ("#!/nowhere/sh\n", "cannot be started with .*python3: "),
    ],
)
def test_whatever_goes_wrong_at_the_start_is_one_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str, sentence: str
) -> None:
    """A child that ends, hangs or cannot be run is a MockServerError, and the server can be entered later."""
    (tmp_path / "python3").write_text(program)
    (tmp_path / "python3").chmod(0o755)
    server = MockServer()
    with monkeypatch.context() as patch:
        patch.setattr("apitally_mock._process._START_SECONDS", 0.5)
        patch.setattr(sys, "executable", str(tmp_path / "python3"))
        with pytest.raises(MockServerError, match=sentence):
            server.__enter__()
    with server:
        assert is_listening(server.url)


def test_a_cancelled_start_leaves_no_process(children: "list[subprocess.Popen[bytes]]") -> None:
    """A timeout around `async with` ends the child process that is not yet ready."""

    async def start() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05), MockServer():
                await asyncio.sleep(10)

    asyncio.run(start())
    assert [child.poll() is None for child in children] == [False]


def test_a_server_that_was_killed_is_one_error(children: "list[subprocess.Popen[bytes]]") -> None:
    """Control requests to a server that somebody has ended raise a MockServerError, and the block can be left."""
    with MockServer() as server:
        os.kill(children[0].pid, signal.SIGKILL)
        wait_until_gone(server.url)
        with pytest.raises(MockServerError, match=r"^The mock server at http://.* does not respond"):
            server.reset()


def test_a_server_works_while_time_is_frozen() -> None:
    """The clocks of the test's process do not matter to the server's."""
    with freezegun.freeze_time("2020-01-01"), MockServer() as server:
        assert httpx.get(server.url + PATH).status_code == 401
        assert server.requests[0].time.year > 2020


def test_a_server_refuses_to_be_pickled_and_its_data_do_not() -> None:
    """A copy would not own the process; journal entries and errors can be sent to other processes."""
    with MockServer() as server:
        with pytest.raises(TypeError, match="Pass its `url` and `api_key` instead"):
            pickle.dumps(server)
        httpx.get(server.url + PATH)
        entries = server.requests
    assert pickle.loads(pickle.dumps(entries)) == entries  # noqa: S301 - pickled here
    assert str(pickle.loads(pickle.dumps(MockServerError("No.")))) == "No."  # noqa: S301 - pickled here


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("refused", ["thread", "process"])
def test_a_system_that_starts_nothing_more(kind: str, refused: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the limit of threads or processes there is one MockServerError with the reason, and no process left."""
    started: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen.__init__

    def start_process(self: Any, *arguments: Any, **options: Any) -> None:
        if refused == "process":
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        started.append(self)
        start(self, *arguments, **options)

    def start_no_thread(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def run() -> None:
        async with MockServer():
            pass

    monkeypatch.setattr(subprocess.Popen, "__init__", start_process)
    if refused == "thread":
        monkeypatch.setattr(threading.Thread, "start", start_no_thread)
    server = MockServer()
    with pytest.raises(MockServerError, match=r"^The mock server cannot be started.*(new thread|unavailable)\.$"):
        asyncio.run(run()) if kind == "async" else server.__enter__()
    assert [process.poll() is not None for process in started] == [True] * len(started)
    monkeypatch.undo()
    with server if kind == "sync" else MockServer() as again:
        assert again.requests == []
