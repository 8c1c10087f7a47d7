"""The start of the process of a mock server: where it listens, what it does not depend on, and how it fails."""

import asyncio
import errno
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

import apitally_mock
from apitally_mock import MockServer, MockServerError
from apitally_mock._process import PROGRAM
from tests.mock.mock_endpoint import PATH
from tests.mock.server_process import is_listening, run_script
from tests.sampling import exhaustive


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


def _is_free(port: int) -> bool:
    """Return whether a port is free; the system gives those below 32768 to nobody who does not ask for one."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def test_a_port_can_be_chosen_and_used_again_at_once() -> None:
    """A second server can use the port of a first one that has just ended."""
    port = next(port for port in range(20_000 + os.getpid() % 1000, 30_000) if _is_free(port))
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


@pytest.mark.parametrize("encoding", ["utf-16", "cp037"])
def test_the_encoding_of_the_environment_is_ignored(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    """What is told to the child is bytes, also where its text would be UTF-16 or EBCDIC."""
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    monkeypatch.setattr("apitally_mock._process._START_SECONDS", 10)
    with MockServer() as server:
        server.reset()


def test_a_child_without_a_start_line_ends_quietly() -> None:
    """An owner that is interrupted before it has sent the start line leaves neither a process nor a traceback."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(os.getpid())], input="", capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "customization",
    [
        "import sys; sys.stdout.write('no line break')",
        "import json; dumps = json.dumps; json.dumps = lambda *a, **k: print('x' * 50_000) or dumps(*a, **k)",
        *exhaustive(
            [
                "print('hello')",
                "import sys; sys.stdout.buffer.write(bytes(range(256)) * 1000); sys.stdout.flush()",
            ]
        ),
    ],
    ids=["no-line", "always", "line", "bytes"],
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
    "executable",
    [
        None,
        b"/usr/bin/python3",
        "/usr/bin/env",
        *exhaustive(["", 5, "/nowhere/python3", sys.executable + "-embedded"]),
    ],
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
