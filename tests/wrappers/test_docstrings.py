"""Every public name has an example in its docstring, and each of them is run against the mock server."""

import asyncio
import doctest
from datetime import UTC

import pytest

import apitally_traffic
from apitally_mock import MockServer
from apitally_traffic import TrafficClient

WRITTEN_BY_HAND = [
    name
    for name in apitally_traffic.__all__
    if getattr(getattr(apitally_traffic, name), "__module__", "").startswith("apitally_traffic.")
]


def test_all_but_the_generated_names_are_covered() -> None:
    """Only the models that the generator wrote, and the version, have no example."""
    without = {"GetTrafficResponse", "Interval", "TrafficItem", "__version__"}
    assert set(apitally_traffic.__all__) - set(WRITTEN_BY_HAND) == without


@pytest.mark.parametrize("name", WRITTEN_BY_HAND)
def test_example_is_true(name: str, server: MockServer, client: TrafficClient) -> None:
    """The example of a public name does what it shows."""
    public = {name: getattr(apitally_traffic, name) for name in apitally_traffic.__all__}
    known = {**public, "server": server, "client": client, "asyncio": asyncio, "UTC": UTC}
    documentation = getattr(apitally_traffic, name).__doc__
    example = doctest.DocTestParser().get_doctest(documentation, known, name, None, None)
    assert example.examples, f"{name} has no example"
    report: list[str] = []
    outcome = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=report.append)
    assert outcome.failed == 0, "".join(report)
