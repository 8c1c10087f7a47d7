"""Take over a new version of the spec: fetch it, classify what changes, replace the pin and what it generates."""

import codecs
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from spec_pipeline.changes.accepted import Verdict, judge, read_accepted
from spec_pipeline.changes.compare.document import compare_documents
from spec_pipeline.fetch import fetch
from spec_pipeline.generator import generate
from spec_pipeline.http_client import without_password
from spec_pipeline.names import NameChange, compare_names, mentions, public_names
from spec_pipeline.openapi.parsing import Document, parse_document, read_document
from spec_pipeline.openapi.references import Spec
from spec_pipeline.openapi.time_limit import time_limit
from spec_pipeline.openapi.validation import Flaw, validate_openapi
from spec_pipeline.project import Project
from spec_pipeline.regenerate import regenerate
from spec_pipeline.suggestions import Suggestion, suggest_names
from spec_pipeline.writing import temporary_folder, writing_temporary

_READERS_OF_NAMES = ("wrappers", "contract_tests")


@dataclass(frozen=True)
class Candidate:
    """A new version of the spec that can be read.

    Attributes:
        name: where it comes from.
        document: its content.
        flaws: what is not valid in it.
        pin: the bytes to pin: the publisher's if they are JSON, else the same content as JSON.
        redirects: the addresses that led to it; empty without a redirect.
    """

    name: str
    document: Document
    flaws: list[Flaw]
    pin: bytes
    redirects: tuple[str, ...]


def read_candidate(source: str) -> Candidate:
    """Fetch a spec from a file or the web, and validate it.

    Raises:
        PipelineError: it cannot be fetched, is neither JSON nor YAML, or cannot be read as OpenAPI.
    """
    fetched = fetch(source)
    name = without_password(source)
    document = parse_document(fetched.content, name, json_only=source.endswith(".json"))
    flaws = validate_openapi(document, name)
    # Some JSON readers do not accept a byte order mark, which has no meaning in UTF-8.
    pin = fetched.content.removeprefix(codecs.BOM_UTF8)
    try:
        json.loads(pin)
    except ValueError:
        pin = (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
    return Candidate(name, document, flaws, pin, fetched.redirects)


def classify(project: Project, candidate: Candidate) -> Verdict:
    """Classify the changes from the pin to the candidate, and mark those that were accepted.

    Raises:
        PipelineError: the pin or the file of accepted changes is not valid, a reference has no target, or the
            comparison takes too long.
    """
    pinned = read_document(project.pin)
    validate_openapi(pinned, project.pin.name)
    accepted = read_accepted(project.accepted_changes)
    step = (
        f"{candidate.name} takes too long to compare with {project.pin.name}: a pattern or a combination of schemas "
        "may grow exponentially"
    )
    with time_limit(step):
        changes = compare_documents(Spec(pinned, project.pin.name), Spec(candidate.document, candidate.name))
    return judge(changes, accepted, today())


def today() -> date:
    """Return the day on which entries for accepted changes may have expired."""
    return datetime.now(tz=UTC).date()


@dataclass(frozen=True)
class Names:
    """The generated public names that differ.

    Attributes:
        changed: each of them.
        suggestions: shorter names for some that appeared.
        idle: a sentence for each entry of the configuration that fits nothing in the spec.
    """

    changed: list[NameChange]
    suggestions: list[Suggestion]
    idle: list[str]


def try_out(project: Project, spec: Document, settle: Callable[[Names], None]) -> Names:
    """Generate elsewhere, change nothing in the project, and return the generated public names that would differ.

    Args:
        project: where everything is.
        spec: the candidate with the overlay applied.
        settle: is called with the names.

    Raises:
        PipelineError: the configuration is not valid, or the generator failed.
    """
    with temporary_folder() as scratch:
        with writing_temporary():
            idle = generate(spec, project.config, scratch)
        names = _differing(project, scratch, idle)
    settle(names)
    return names


def take_over(project: Project, candidate: Candidate, spec: Document, settle: Callable[[Names], None]) -> Names:
    """Pin the candidate and regenerate, both or neither, and return the generated public names that differ.

    Args:
        project: where everything is.
        candidate: what is pinned.
        spec: the candidate with the overlay applied.
        settle: is called with the names before anything is replaced; what it raises leaves everything as it was.

    Raises:
        PipelineError: the configuration is not valid, or the generator failed; nothing has changed then.
    """
    found: list[Names] = []

    def settle_folder(fresh: Path, idle: list[str]) -> None:
        found.append(_differing(project, fresh, idle))
        settle(found[0])

    regenerate(project, spec, candidate.pin, settle_folder)
    return found[0]


def _differing(project: Project, folder: Path, idle: list[str]) -> Names:
    with time_limit("The generated client takes too long to read"):
        new = public_names(folder)
        changed = compare_names(public_names(project.generated), new)
        return Names(changed, suggest_names(changed, new), idle)


def readers(project: Project, changed: list[NameChange]) -> dict[str, dict[str, list[str]]]:
    """Return where the wrappers and the contract suite mention each name that vanished or changed, by folder."""
    words = {change.word for change in changed if change.event != "appeared"}
    folders = {name: project.root / name for name in _READERS_OF_NAMES}
    found = {name: mentions(words, folder) for name, folder in folders.items() if words and folder.is_dir()}
    return {name: places for name, places in found.items() if places}
