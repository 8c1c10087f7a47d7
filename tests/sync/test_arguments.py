"""What the sync does not take as an ID."""

from typing import Any

import pytest

from apitally_traffic.sync import traffic_source


@pytest.mark.parametrize(
    "value", [0, True, 1.0, "1", 10**5000, 2**63, [10**5000]], ids=lambda value: str(type(value).__name__)
)
@pytest.mark.parametrize("name", ["app_ids", "app_env_id", "consumer_id"])
def test_ids_that_are_none(name: str, value: Any) -> None:
    """An ID that no app, environment or consumer can have is refused in a short sentence with the argument's name."""
    ids: dict[str, Any] = {"app_ids": 1, name: [value] if name == "app_ids" else value}
    with pytest.raises((TypeError, ValueError), match=rf"^{name} must be .*\.$") as raised:
        traffic_source(**ids, api_key="key")
    assert len(str(raised.value)) < 500
