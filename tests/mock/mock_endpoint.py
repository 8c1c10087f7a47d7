"""Requests to the traffic endpoint."""

from typing import Any

import httpx

PATH = "/v1/apps/1/traffic"
NOW = "2025-06-18T12:34:56Z"
"""The time at which the clock of the server under test stands still, a Wednesday."""


class Endpoint:
    """Sends requests to the traffic endpoint of app 1."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def response(self, **parameters: object) -> httpx.Response:
        return self._client.get(PATH, params={name: str(value) for name, value in parameters.items()})

    def page(self, **parameters: object) -> dict[str, Any]:
        response = self.response(**parameters)
        assert response.status_code == 200, response.text
        page: dict[str, Any] = response.json()
        return page

    def rows(self, **parameters: object) -> list[dict[str, Any]]:
        """Return the rows of all pages."""
        page = self.page(**parameters)
        rows: list[dict[str, Any]] = page["data"]
        while page["has_more"]:
            page = self.page(**parameters | {"next_token": page["next_token"]})
            rows += page["data"]
        return rows

    def starts(self, **parameters: object) -> list[str]:
        return [row["period_start"] for row in self.rows(**parameters)]
