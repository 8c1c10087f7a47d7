"""A system that has too little of something ends the command in one sentence."""

import resource
from pathlib import Path

import pytest
import vl_convert

from tests.cli.conftest import Cli
from tests.sampling import exhaustive

DAY = ["--since", "2026-03-28", "--until", "2026-03-29"]


class PanicException(BaseException):
    """What Rust's panics are in Python; the class itself cannot be imported."""


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (MemoryError(), "There is not enough memory."),
        (PanicException("no more\nthreads"), "A library failed: no more."),
        (PanicException(), "A library failed: PanicException."),
        (RuntimeError("can't start new thread"), "The system starts no more threads."),
    ],
    ids=str,
)
def test_1_where_a_library_is_starved(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, error: BaseException, sentence: str
) -> None:
    """While it draws, here; no file is left."""

    def draw(*_: object, **__: object) -> str:
        raise error

    monkeypatch.setattr(vl_convert, "vegalite_to_svg", draw)
    done = cli.run("plot", "1", *DAY, "--output", "a.svg")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"Error: {sentence}\n")
    assert not list(cli.folder.iterdir())


@pytest.mark.parametrize(
    ("library", "command"),
    [
        ("pyarrow", ["get", "1", "--output", "a.parquet"]),
        ("vl_convert", ["plot", "1", "--output", "a.svg"]),
        ("dlt", ["sync", "1"]),
        ("idna", ["get", "1"]),
        ("click", ["get", "1"]),
    ],
)
@pytest.mark.parametrize(
    "error", ["ImportError('libz.so: cannot map \"x\"\\nand so on')", *exhaustive(["MemoryError()"])]
)
def test_1_where_a_library_cannot_be_loaded(cli: Cli, library: str, command: list[str], error: str) -> None:
    """The sentence of the loader is passed on, but for the key."""
    Path(cli.folder, "broken").mkdir()
    Path(cli.folder, "broken", f"{library}.py").write_text(f"raise {error}", encoding="utf-8")
    done = cli.process(*command, env={"PYTHONPATH": str(cli.folder / "broken")})
    expected = {
        "MemoryError()": "There is not enough memory.",
    }.get(error, 'A library cannot be loaded: libz.so: cannot map "x".')
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"Error: {expected}\n")


@pytest.mark.parametrize("count", [6, 12, *exhaustive([8, 16])])
def test_5_where_no_more_files_can_be_opened(cli: Cli, count: int) -> None:
    """The library that draws is not called, because it would write lines of its own."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))

    process = cli.start("plot", "1", *DAY, "--output", "a.svg", preexec_fn=limit)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, errors) == (5, b"", b"Error: Too many open files.\n")


@pytest.mark.parametrize(
    ("encoding", "mark"), [("cp037", "+"), ("utf-8", "✓"), *exhaustive([("ascii", "+"), ("latin-1", "+")])]
)
def test_check_in_any_encoding(cli: Cli, encoding: str, mark: str) -> None:
    """Where an encoding lacks a mark, another one stands for it."""
    cli.env["PYTHONIOENCODING"] = encoding
    process = cli.start("check", "1")
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, b"")
    assert output.decode(encoding).startswith(f"{mark} API key ")
    process = cli.start("check", "99")
    failed, _ = process.communicate(timeout=60)
    assert f"\n{'✗' if mark == '✓' else 'x'} App 99" in failed.decode(encoding)


@pytest.mark.exhaustive
def test_a_text_that_an_encoding_lacks(cli: Cli) -> None:
    """It is escaped, as on stderr."""
    cli.env["PYTHONIOENCODING"] = "latin-1"
    process = cli.start("sync", "1", "--to", "größe✓.duckdb")
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "größe\\u2713.duckdb" in output.decode("latin-1")
