"""Every public name has an example in its docstring, and each example is run against the mock server."""

import asyncio
import doctest
from datetime import UTC

import pytest

import apitally_traffic
from apitally_mock import MockServer
from apitally_traffic import TrafficClient, testing

PUBLIC = {name: getattr(apitally_traffic, name) for name in apitally_traffic.__all__}
WRITTEN_BY_HAND = {
    name: value
    for name, value in (PUBLIC | {"fast_retries": testing.fast_retries}).items()
    if getattr(value, "__module__", "").startswith("apitally_traffic.")
}


def test_all_but_the_generated_names_are_covered() -> None:
    """Only the generated models and the version have no example."""
    without = {"GetTrafficResponse", "Interval", "TrafficItem", "__version__"}
    assert set(apitally_traffic.__all__) - set(WRITTEN_BY_HAND) == without


@pytest.mark.parametrize("name", WRITTEN_BY_HAND)
def test_example_is_true(name: str, server: MockServer, client: TrafficClient) -> None:
    """The example of a public name prints what it shows."""
    known = {**PUBLIC, **WRITTEN_BY_HAND, "server": server, "client": client, "asyncio": asyncio, "UTC": UTC}
    documentation = WRITTEN_BY_HAND[name].__doc__ or ""
    example = doctest.DocTestParser().get_doctest(documentation, known, name, None, None)
    assert example.examples, f"{name} has no example"
    report: list[str] = []
    outcome = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=report.append)
    assert outcome.failed == 0, "".join(report)


def test_no_property_is_described_in_the_form_of_a_type() -> None:
    """In Google style, what is before a colon in the docstring of a property is its type, and so the site shows it."""
    classes = [value for value in (*PUBLIC.values(), MockServer) if isinstance(value, type)]
    members = [(owner, name) for owner in classes for name in dir(owner) if not name.startswith("_")]
    properties = {
        f"{owner.__name__}.{name}": getattr(owner, name).__doc__ or ""
        for owner, name in members
        if isinstance(getattr(owner, name), property)
    }
    assert "MockServer.requests" in properties
    assert [name for name, text in properties.items() if ": " in text.partition("\n")[0]] == []
