"""What the environment sets for a download: proxies and certificates that cannot be used are one sentence."""

import threading
from pathlib import Path

import pytest

from spec_pipeline.drift import diff_folders
from spec_pipeline.fetch import fetch
from spec_pipeline.http_client import without_password
from spec_pipeline.project import PipelineError, Project
from tests.pipeline.repinning import run

ADDRESS = "https://127.0.0.1:9/openapi.json"
PROXY_FAULTS = [
    ("garbage://x:1", "it does not begin with http://, https://, socks5://"),
    ("://", "it does not begin with http://, https://, socks5://"),
    ("http://127.0.0.1:port", "it is not a valid URL"),
    ("http://127.0.0.1:99999", "its port is not between 1 and 65535"),
    ("127.0.0.1:0", "its port is not between 1 and 65535"),
    ("http://[::1", "it is not a valid URL"),
    ("http://", "it does not name a host"),
    (f"http://{'x' * 70}.localhost:1", "it is not a valid URL"),
    ("http://me:secret/x@127.0.0.1:1", "it is not a valid URL"),
]


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "all_proxy"])
@pytest.mark.parametrize(("address", "sentence"), PROXY_FAULTS, ids=lambda text: text[:30])
def test_bad_proxy_is_one_sentence(monkeypatch: pytest.MonkeyPatch, variable: str, address: str, sentence: str) -> None:
    """A proxy that cannot be used is named by its variable, and its password is not shown."""
    monkeypatch.setenv(variable, address)
    with pytest.raises(PipelineError) as caught:
        fetch(ADDRESS, seconds=20)
    assert str(caught.value).startswith(f"The proxy in {variable} cannot be used: {sentence}")
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("entry", ["[::1", "[::1]", "localhost,x:y", "http://x:y"])
def test_bad_no_proxy_is_one_sentence(monkeypatch: pytest.MonkeyPatch, entry: str) -> None:
    """An entry of NO_PROXY that httpx cannot read is shown, with how to write it."""
    monkeypatch.setenv("NO_PROXY", entry)
    with pytest.raises(PipelineError) as caught:
        fetch(ADDRESS, seconds=20)
    assert str(caught.value).startswith(f"NO_PROXY={entry} cannot be used: Invalid port")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "name"),
    [
        *(("SSL_CERT_FILE", name) for name in ("missing", "empty_file", "empty_folder")),
        *(("SSL_CERT_DIR", name) for name in ("missing", "empty_file", "empty_folder")),
        *(("SSLKEYLOGFILE", name) for name in ("missing/file", "empty_folder")),
    ],
)
def test_bad_certificates_are_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, name: str
) -> None:
    """A file or a folder of certificates that is missing or of another kind is shown with its variable."""
    (tmp_path / "empty_file").touch()
    (tmp_path / "empty_folder").mkdir()
    monkeypatch.setenv(variable, str(tmp_path / name))
    with pytest.raises(PipelineError) as caught:
        fetch(ADDRESS, seconds=20)
    assert str(caught.value).startswith(f"{variable}={tmp_path / name} cannot be used: ")
    assert "\n" not in str(caught.value)


def test_usable_environment_is_used(monkeypatch: pytest.MonkeyPatch, server: str, tmp_path: Path) -> None:
    """A proxy and a folder of certificates that exist are used, and NO_PROXY=* ends the use of any proxy."""
    (tmp_path / "1a2b3c4d.0").write_bytes(Path(__file__).with_name("unknown_certificate.pem").read_bytes())
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setenv("HTTP_PROXY", "me:secret@127.0.0.1:1")
    with pytest.raises(
        PipelineError, match=r"/spec cannot be fetched through the proxy http://127\.0\.0\.1:1: "
    ) as caught:
        fetch(f"{server}/spec")
    assert "secret" not in str(caught.value)
    monkeypatch.setenv("HTTP_PROXY", "garbage://x:1")
    monkeypatch.setenv("NO_PROXY", "x, *")
    assert fetch(f"{server}/spec").content == b'{"openapi": "3.1.0"}'


def test_no_thread_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that has no thread left is named as the reason, and the file as the way out."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(PipelineError, match="no thread left"):
        fetch(ADDRESS)


@pytest.mark.parametrize("error", [MemoryError(), RecursionError("deep"), ZeroDivisionError("a fault of our own")])
def test_any_error_of_the_thread_comes_out(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], error: Exception
) -> None:
    """Whatever the download raises is raised where it was begun, at once, and printed by no thread."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("httpx.Client", fail)
    with pytest.raises(type(error)):
        fetch(ADDRESS, seconds=20)
    assert not capfd.readouterr().err


@pytest.mark.parametrize("host", [f"{'x' * 70}.localhost", "\udcff.localhost"])
def test_host_that_cannot_be_looked_up_is_one_sentence(host: str) -> None:
    """A host that no name can have is refused like any that cannot be reached."""
    with pytest.raises(PipelineError, match="cannot be fetched: ") as caught:
        fetch(f"https://{host}/spec", seconds=20)
    assert "\n" not in str(caught.value)


def test_bad_environment_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
    project: Project,
    tmp_path_factory: pytest.TempPathFactory,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The command prints the sentence alone, exits with 2, and leaves every file as it was."""
    before = tmp_path_factory.mktemp("before")
    for path in project.root.rglob("*"):
        if path.is_file():
            copy = before / path.relative_to(project.root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    monkeypatch.setenv("HTTPS_PROXY", "garbage://x:1")
    assert run(project, "--from", ADDRESS) == 2
    printed = capfd.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: The proxy in HTTPS_PROXY cannot be used")
    assert printed.err.count("\n") == 1
    assert diff_folders(before, project.root) == []


def test_only_an_address_loses_what_is_before_its_host() -> None:
    """A user and a password are taken out of an address, and a path with an @ stays as it is."""
    assert without_password("socks5://me:secret@127.0.0.1:1/x@y") == "socks5://127.0.0.1:1/x@y"
    assert without_password("specs/api@2.json") == "specs/api@2.json"
