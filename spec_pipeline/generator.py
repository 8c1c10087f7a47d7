"""Run openapi-python-client on the overlaid spec, into a folder of its own."""

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from openapi_python_client.config import ConfigFile
from pydantic import ValidationError

from spec_pipeline.openapi.parsing import Document, one_line, read_document
from spec_pipeline.project import PACKAGE_NAME, PipelineError


def generate(spec: Document, config: Path, target: Path) -> None:
    """Write the folder that a spec and a configuration produce.

    Args:
        spec: the overlaid spec.
        config: the generator's configuration file.
        target: an existing, empty folder; the import package is written into it.

    Raises:
        PipelineError: the configuration is not valid, or the generator failed or warned.
    """
    package = target / PACKAGE_NAME
    _validate_config(config)
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "openapi.json"
        source.write_text(json.dumps(spec), encoding="utf-8")
        _run_generator(source, config, package)
    # The generator marks a package as typed only if it also writes packaging files, which the project has itself.
    (package / "py.typed").touch()


def _validate_config(config: Path) -> None:
    # The generator's own message says only that it cannot parse the file.
    try:
        ConfigFile.model_validate(read_document(config), extra="forbid")
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise PipelineError(f"{config} is not a generator configuration, at {place}: {first['msg']}.") from error


def _run_generator(source: Path, config: Path, package: Path) -> None:
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning", "--meta", "none"]
    command += ["--path", str(source), "--config", str(config), "--output-path", str(package)]
    # The post hooks call ruff by name: it must be the one of this environment, which is pinned with the generator.
    scripts = sysconfig.get_path("scripts")
    environment = os.environ | {"PATH": os.pathsep.join([scripts, os.environ.get("PATH", os.defpath)])}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if run.returncode:
        reason = one_line(run.stderr or run.stdout)
        raise PipelineError(f"openapi-python-client could not generate the client: {reason}")
