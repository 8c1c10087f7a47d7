"""The names that users import are the names that the package means them to."""

import inspect
import subprocess
import sys

import pytest

import apitally_api_client
import apitally_mock
import apitally_traffic


@pytest.mark.parametrize("package", [apitally_traffic, apitally_mock, apitally_api_client], ids=lambda p: p.__name__)
def test_all_and_the_public_names_agree(package: object) -> None:
    """Everything in `__all__` exists, and what is public beside it is a submodule."""
    listed = set(package.__all__)  # type: ignore[attr-defined]
    assert all(getattr(package, name) is not None for name in listed)
    found = {name for name in vars(package) if not name.startswith("_")}
    modules = {name for name in found if type(vars(package)[name]).__name__ == "module"}
    machinery = {"TYPE_CHECKING", "Any", "import_module"}
    assert found - modules - machinery == listed - {"__version__"}


def test_importing_the_package_imports_nothing_of_weight() -> None:
    """A bare import brings in neither httpx nor asyncio nor the generated client; a name brings what it needs."""
    program = (
        "import sys, apitally_traffic; heavy = {'httpx', 'asyncio', 'msgspec', 'apitally_api_client'};"
        "print(sorted(heavy & sys.modules.keys())); from apitally_traffic import *; print(TrafficClient.__name__);"
        "print(sorted({'asyncio', 'msgspec'} & sys.modules.keys()))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["[]", "TrafficClient", "[]"]


def test_a_name_that_is_not_there() -> None:
    """A misspelt name is an AttributeError, as in any module."""
    with pytest.raises(AttributeError, match="has no attribute 'TraficClient'"):
        _ = apitally_traffic.TraficClient  # type: ignore[attr-defined]


def test_every_public_name_is_documented() -> None:
    """Each class that is exported, and each of its public methods, says what it is for."""
    for name in apitally_traffic.__all__:
        thing = getattr(apitally_traffic, name)
        if isinstance(thing, type) and thing.__module__.startswith("apitally_traffic."):
            assert thing.__doc__, name
            for method, value in vars(thing).items():
                assert method.startswith("_") or not callable(value) or value.__doc__, (name, method)


def test_list_of_names_is_sorted() -> None:
    """A reader finds a name where the alphabet puts it."""
    assert apitally_traffic.__all__ == sorted(apitally_traffic.__all__)


def parameters(function: object) -> list[tuple[str, object, object]]:
    """Return the name, kind and default of each parameter."""
    found = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
    return [(parameter.name, parameter.kind, parameter.default) for parameter in found]


@pytest.mark.parametrize(
    ("threads", "tasks"),
    [
        (apitally_traffic.TrafficClient, apitally_traffic.AsyncTrafficClient),
        (apitally_traffic.TrafficQuery, apitally_traffic.AsyncTrafficQuery),
    ],
)
def test_both_halves_agree(threads: type, tasks: type) -> None:
    """What the client for threads has, its twin for tasks has too, under the same name with the same parameters."""
    renamed = {"close": "aclose", "__iter__": "__aiter__", "__enter__": "__aenter__", "__exit__": "__aexit__"}
    public = {name for name in vars(threads) if not name.startswith("_") or name in {*renamed, "__init__"}}
    twins = {name for name in vars(tasks) if not name.startswith("_") or name in {*renamed.values(), "__init__"}}
    assert {renamed.get(name, name) for name in public} == twins
    for name in public:
        if callable(getattr(threads, name)):
            assert parameters(getattr(threads, name)) == parameters(getattr(tasks, renamed.get(name, name))), name
