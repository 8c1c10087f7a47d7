"""Where the pipeline reads and writes, and the one error that its commands report."""

from dataclasses import dataclass
from pathlib import Path

PACKAGE_NAME = "apitally_api_client"


class PipelineError(Exception):
    """A command cannot go on; the message is the one sentence that the maintainer reads."""


@dataclass(frozen=True)
class Project:
    """The inputs and the output of the pipeline, all inside one root folder.

    Attributes:
        root: the folder.
        candidate: a spec that is read instead of the pin, until it takes its place.
    """

    root: Path
    candidate: Path | None = None

    @property
    def pin(self) -> Path:
        """The vendor's spec, byte for byte as published."""
        return self.candidate or self.root / "openapi.json"

    @property
    def overlay(self) -> Path:
        """Our corrections of the spec, as an OpenAPI Overlay."""
        return self.root / "overlay.yaml"

    @property
    def config(self) -> Path:
        """The generator's configuration."""
        return self.root / "codegen.yaml"

    @property
    def generated(self) -> Path:
        """The folder that holds the generated import package, and nothing else."""
        return self.root / "generated"

    @property
    def accepted_changes(self) -> Path:
        """The changes of the spec that were looked at and accepted; the file need not exist."""
        return self.root / "accepted-changes.yaml"
