"""The process of a mock server: it is ready on entry, and gone with its block or its owner."""

import contextlib
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import anyio
import freezegun
import httpx
import pytest

from apitally_mock import MockServer, MockServerError
from tests.mock.mock_endpoint import PATH
from tests.mock.server_process import is_listening, is_running, run_script, wait_until_gone
from tests.sampling import exhaustive


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


def test_a_server_is_entered_once_at_a_time() -> None:
    """A second entry is refused, and the server still runs."""
    with MockServer() as server:
        with pytest.raises(MockServerError, match="running already"):
            server.__enter__()
        assert is_listening(server.url)


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


@pytest.mark.parametrize("delay", [0.0, 0.1, *exhaustive(n / 50 for n in range(1, 30, 3))])
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
    threads = set(threading.enumerate())
    with MockServer():
        assert set(threading.enumerate()) <= threads
    with MockServer(), multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply(_status_of_a_new_server) == 401


def _status_of_a_new_server() -> int:
    with MockServer() as server:
        return httpx.get(server.url + PATH).status_code


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
