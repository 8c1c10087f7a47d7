"""The names that users import are the names that the package means them to."""

import pytest

import apitally_api_client
import apitally_mock
import apitally_traffic


@pytest.mark.parametrize("package", [apitally_traffic, apitally_mock, apitally_api_client], ids=lambda p: p.__name__)
def test_all_and_the_public_names_agree(package: object) -> None:
    """Everything in `__all__` exists, and what is public beside it is a submodule."""
    listed = set(package.__all__)  # type: ignore[attr-defined]
    found = {name for name in vars(package) if not name.startswith("_")}
    modules = {name for name in found if type(vars(package)[name]).__name__ == "module"}
    assert found - modules == listed - {"__version__"}


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
