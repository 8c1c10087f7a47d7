"""Where the pipeline reads and writes, and the one error that its commands report."""

from dataclasses import dataclass
from pathlib import Path

PACKAGE_NAME = "apitally_api_client"


class PipelineError(Exception):
    """A command cannot continue; the message is one sentence for the maintainer."""


@dataclass(frozen=True)
class Project:
    """The inputs and the output of the pipeline, all inside one root folder.

    Attributes:
        root: the folder.
    """

    root: Path

    @property
    def pin(self) -> Path:
        """The vendor's spec, byte for byte as published."""
        return self.root / "openapi.json"

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
        """The folder with the generated import package, and nothing else."""
        return self.root / "generated"

    @property
    def accepted_changes(self) -> Path:
        """The changes of the spec that were reviewed and accepted; the file may be missing."""
        return self.root / "accepted-changes.yaml"
