"""Take over a new version of the spec: fetch it, tell what changes, and put it and what it generates in place."""

import codecs
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from spec_pipeline.changes.accepted import Verdict, judge, read_accepted
from spec_pipeline.changes.compare.document import compare_documents
from spec_pipeline.changes.compare.references import Spec
from spec_pipeline.document import Document, parse_document, read_document, validate_openapi
from spec_pipeline.fetch import fetch, shown
from spec_pipeline.names import NameChange, compare_names, mentions, public_names
from spec_pipeline.overlay import overlay_onto
from spec_pipeline.project import PipelineError, Project
from spec_pipeline.regenerate import regenerate

_READERS_OF_NAMES = ("wrappers", "contract_tests")


@dataclass(frozen=True)
class Candidate:
    """A new version of the spec that is valid.

    Attributes:
        name: where it comes from.
        document: what it says.
        pin: the bytes that would be pinned: the publisher's where they are JSON, else the same said in JSON.
        redirects: the addresses that led to it; empty where there was no redirect.
    """

    name: str
    document: Document
    pin: bytes
    redirects: tuple[str, ...]


def read_candidate(source: str) -> Candidate:
    """Fetch a spec from a file or the web, and hold it against the OpenAPI specification.

    Raises:
        PipelineError: it cannot be had, is neither JSON nor YAML, or is not valid.
    """
    fetched = fetch(source)
    name = shown(source)
    document = parse_document(fetched.content, name, json_only=source.endswith(".json"))
    validate_openapi(document, name)
    # Not all readers of JSON know a byte order mark, which says nothing in UTF-8.
    pin = fetched.content.removeprefix(codecs.BOM_UTF8)
    try:
        json.loads(pin)
    except ValueError:
        pin = (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
    return Candidate(name, document, pin, fetched.redirects)


def classify(project: Project, candidate: Candidate) -> Verdict:
    """Tell what changes from the pin to the candidate, and what of it was accepted.

    Raises:
        PipelineError: the pin or the file of accepted changes is not valid, or a reference leads nowhere.
    """
    pinned = read_document(project.pin)
    validate_openapi(pinned, project.pin.name)
    accepted = read_accepted(project.accepted_changes)
    changes = compare_documents(Spec(pinned, project.pin.name), Spec(candidate.document, candidate.name))
    return judge(changes, accepted, datetime.now(tz=UTC).date())


def overlay_objection(project: Project, candidate: Candidate) -> str:
    """Return why the overlay does not apply to the candidate; empty where it does."""
    try:
        overlay_onto(candidate.document, project)
    except PipelineError as error:
        return str(error)
    return ""


def take_over(project: Project, candidate: Candidate) -> list[NameChange]:
    """Pin the candidate and regenerate, both or neither, and return the generated public names that differ.

    Raises:
        PipelineError: an input is not valid, or the generator failed; pin and generated package are as they were.
    """
    old = public_names(project.generated)
    regenerate(project, candidate.pin)
    return compare_names(old, public_names(project.generated))


def readers(project: Project, changed: list[NameChange]) -> dict[str, dict[str, list[str]]]:
    """Return for wrappers and contract promises, apart, where they mention each name that vanished or changed."""
    words = {change.word for change in changed if change.event != "appeared"}
    folders = {name: project.root / name for name in _READERS_OF_NAMES}
    found = {name: mentions(words, folder) for name, folder in folders.items() if words and folder.is_dir()}
    return {name: places for name, places in found.items() if places}
