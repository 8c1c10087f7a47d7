"""What dlt's configuration changes in a run: where the destination is, and nothing else."""

import os
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dlt
import pytest
from dlt.common.configuration.container import Container
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext

from apitally_traffic.sync import sync_traffic
from apitally_traffic.sync._configuration import destination_alone
from tests.command import COMMAND, run_inside
from tests.sampling import exhaustive
from tests.sync.api import Api
from tests.sync.databases import DuckDB

NOW = "2026-03-28T10:20:30+00:00"
SCHEMAS = "SELECT schema_name FROM information_schema.schemata WHERE schema_name NOT IN ('information_schema', 'main')"
SECTIONS = ["", "DESTINATION__", "DESTINATION__DUCKDB__"]
LAYOUT = {"ENABLE_DATASET_NAME_NORMALIZATION": "false", "STAGING_DATASET_NAME_LAYOUT": "%s"}


@pytest.fixture(autouse=True)
def _connection(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the key and the address to runs in this process and in others."""
    api.show(0, NOW)
    monkeypatch.setenv("APITALLY_API_KEY", api.api_key)
    monkeypatch.setenv("APITALLY_API_BASE_URL", api.url)


@pytest.fixture
def _unread_configuration() -> Iterator[None]:
    """Let dlt read its configuration when it needs it, as in a new process."""
    container = Container()
    read = container[PluggableRunContext]
    del container[PluggableRunContext]
    yield
    container[PluggableRunContext] = read


@pytest.mark.parametrize(
    "settings",
    [
        {f"{section}{name}": LAYOUT[name] for section in SECTIONS for name in LAYOUT},
        *exhaustive(
            [
                {"REFRESH": "drop_sources", "PROGRESS": "log"},
                {"APITALLY_TRAFFIC__REFRESH": "drop_data", "DEV_MODE": "true"},
                {"DATASET_NAME_LAYOUT": "x_%s", "USE_SINGLE_DATASET": "false", "SCHEMA__NAMING": "direct"},
            ]
        ),
        {
            "PROGRESS": "bogus",
            "EXTRACT__WORKERS": "0",
            "LOAD__WORKERS": "0",
            "NORMALIZE__WORKERS": "x",
            "RESTORE_FROM_DESTINATION": "false",
            "WRITE_DISPOSITION": "replace",
            "LOAD__RAISE_ON_FAILED_JOBS": "false",
            "IMPORT_SCHEMA_PATH": "/dev/null",
            "STAGING_TYPE": "bogus",
            "SOURCES__SCHEMA_CONTRACT": "freeze",
        },
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_settings_of_other_pipelines_change_nothing(
    settings: dict[str, str], duckdb_file: DuckDB, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Stored rows stay, where they are; a run says nothing of its own."""
    sync_traffic(1, destination=duckdb_file.path)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert sync_traffic([1, 2], destination=duckdb_file.path).rows == 48 + 720
    assert duckdb_file.query("SELECT app_id, count(*) FROM apitally.traffic GROUP BY 1 ORDER BY 1") == [
        (1, 720),
        (2, 720),
    ]
    assert sorted(duckdb_file.query(SCHEMAS)) == [("apitally",), ("apitally_staging",), ("pg_catalog",)]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("secrets.toml", b'password = "hunter2\n', r"dlt cannot read ./.dlt/secrets.toml: line \d is not TOML\."),
        ("secrets.toml", b"[a]\nhunter2 = 1\n[a.hunter2]\n", r"dlt cannot read ./.dlt/secrets.toml: it is not TOML\."),
        ("config.toml", b"\xff\xfe", r"dlt cannot read ./.dlt/config.toml: it is not in UTF-8\."),
        ("config.toml", b"runtime = 5", r"dlt's configuration, .* in \[runtime\] .*, cannot be used: .*'int'.*\."),
        ("env", b"DLT_DATA_DIR=not-\xff-utf-8", r"'not-\\udcff-utf-8/.*' cannot be used: its path is not UTF-8\..*"),
        ("env", b"RUNTIME__LOG_LEVEL=bogus", r"dlt's configuration, .* cannot be used: Unknown level: 'bogus'\."),
        ("env", b"DESTINATION__POSTGRES__CREDENTIALS__PORT=hunter2", r"postgres: .* field `port` cannot be coerced .*"),
        (
            "env",
            b"DESTINATION__POSTGRES__CREDENTIALS=mysql://me:hunter2@host/db",
            r"postgres: invalid dsn: .*\"mysql://me:…@host.*",
        ),
    ],
)
@pytest.mark.usefixtures("_unread_configuration")
def test_what_dlt_cannot_use_is_one_sentence(name: str, content: bytes, sentence: str, tmp_path: Path) -> None:
    """It names the file or the setting and quotes no secret; the exit code is 5."""
    folder, env = tmp_path / "here", dict(os.environ)
    (folder / ".dlt").mkdir(parents=True)
    if name == "env":
        variable, _, value = os.fsdecode(content).partition("=")
        env[variable] = value
    else:
        (folder / ".dlt" / name).write_bytes(content)
    done = run_inside(["sync", "1", "--to", "postgres"], folder, env)
    assert (done.returncode, done.stdout) == (5, "")
    assert re.fullmatch(f"Error: {sentence}\n", done.stderr)
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize(
    ("preparation", "sentence"),
    [
        ("export DLT_DEFAULT_NAMING_MODULE=bogus", r"dlt's configuration, .* cannot be used: Naming module `bogus .*"),
        *exhaustive(
            [
                ("export RUNTIME__SENTRY_DSN=http://a@127.0.0.1:1/1", r"dlt's configuration, .*sentry.*"),
                ("rmdir ../gone", r"The working directory does not exist any more: change to another one\."),
            ]
        ),
    ],
)
def test_what_dlt_cannot_use_at_its_start_is_one_sentence(preparation: str, sentence: str, tmp_path: Path) -> None:
    """Only a new process shows what is read when dlt is imported."""
    folder = tmp_path / "gone"
    folder.mkdir()
    command = f"{preparation}; exec {COMMAND} sync 1 --to postgres"
    done = subprocess.run(["/bin/sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (5, "")
    assert re.fullmatch(f"Error: {sentence}\n", done.stderr)


def test_settings_in_files_change_nothing(tmp_path: Path) -> None:
    """Those of a file count as little as variables, also where their types are wrong."""
    (tmp_path / ".dlt").mkdir()
    settings = 'refresh = "drop_sources"\nprogress = "log"\nload = 5\nextract = "x"\n[pipelines]\ndev_mode = true\n'
    (tmp_path / ".dlt" / "config.toml").write_text(settings, encoding="utf-8")
    for stored in (720, 48):
        done = subprocess.run([COMMAND, "sync", "1"], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(f"Stored {stored} periods in apitally.traffic of apitally_traffic.duckdb.\n")
    assert DuckDB(tmp_path / "apitally_traffic.duckdb").query("SELECT count(*) FROM apitally.traffic") == [(720,)]


def test_other_threads_keep_their_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipeline that runs beside a sync finds what dlt's configuration says, and so does what runs after it."""
    monkeypatch.setenv("REFRESH", "drop_data")
    with ThreadPoolExecutor(1) as other, destination_alone():
        assert dlt.config.get("refresh") is None
        assert other.submit(dlt.config.get, "refresh").result() == "drop_data"
    assert dlt.config.get("refresh") == "drop_data"
