"""The names that users import are the names that the package intends to be public."""

import inspect
import pkgutil

import pytest

import apitally_api_client
import apitally_mock
import apitally_traffic


@pytest.mark.parametrize("package", [apitally_traffic, apitally_mock, apitally_api_client], ids=lambda p: p.__name__)
def test_all_and_the_public_names_agree(package: object) -> None:
    """Everything in `__all__` exists, and every other public name is a submodule."""
    listed = set(package.__all__)  # type: ignore[attr-defined]
    assert all(getattr(package, name) is not None for name in listed)
    found = {name for name in vars(package) if not name.startswith("_")}
    modules = {name for name in found if type(vars(package)[name]).__name__ == "module"}
    assert found - modules == listed - {"__version__"}


def test_the_tree_shows_what_is_public() -> None:
    """Users import from the package, `client`, `errors`, `sync` and `testing`; every other module is private."""
    modules = {module.name for module in pkgutil.iter_modules(apitally_traffic.__path__)}
    assert {name for name in modules if not name.startswith("_")} == {"client", "errors", "sync", "testing"}


def test_every_public_name_is_documented() -> None:
    """Each exported class, and each of its public methods, has a docstring."""
    for name in apitally_traffic.__all__:
        thing = getattr(apitally_traffic, name)
        if isinstance(thing, type) and thing.__module__.startswith("apitally_traffic."):
            assert thing.__doc__, name
            for method, value in vars(thing).items():
                assert method.startswith("_") or not callable(value) or value.__doc__, (name, method)


def test_list_of_names_is_sorted() -> None:
    """Names are in alphabetical order."""
    assert apitally_traffic.__all__ == sorted(apitally_traffic.__all__)


def parameters(function: object) -> list[tuple[str, object, object]]:
    """Return the name, kind and default of each parameter."""
    found = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
    return [(parameter.name, parameter.kind, parameter.default) for parameter in found]


@pytest.mark.parametrize(
    ("sync", "asynchronous"),
    [
        (apitally_traffic.TrafficClient, apitally_traffic.AsyncTrafficClient),
        (apitally_traffic.TrafficQuery, apitally_traffic.AsyncTrafficQuery),
    ],
)
def test_sync_and_async_agree(sync: type, asynchronous: type) -> None:
    """The sync and the async class have the same methods with the same parameters."""
    renamed = {"close": "aclose", "__iter__": "__aiter__", "__enter__": "__aenter__", "__exit__": "__aexit__"}
    public = {name for name in vars(sync) if not name.startswith("_") or name in {*renamed, "__init__"}}
    counterparts = {
        name for name in vars(asynchronous) if not name.startswith("_") or name in {*renamed.values(), "__init__"}
    }
    assert {renamed.get(name, name) for name in public} == counterparts
    for name in public:
        if callable(getattr(sync, name)):
            assert parameters(getattr(sync, name)) == parameters(getattr(asynchronous, renamed.get(name, name))), name
