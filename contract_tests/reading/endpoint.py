"""The operations other than traffic on the server under test, and values that it knows for their parameters."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from contract_tests.declarations.parameter import as_text
from contract_tests.declarations.specification import Operation, Specification
from contract_tests.exchange import Exchange
from contract_tests.promises.promise import BrokenPromiseError, NotExercisedError
from contract_tests.wire.client import Client

_CLOSED = {
    401: "the key, which opens traffic, does not open it",
    402: "the plan does not include it",
    403: "the key has no right to it, or the plan does not include it",
    404: "the server does not have it",
    405: "the server does not have it",
    410: "the server does not have it any more",
}
_MAX_VALUES = 20


class Endpoint:
    """An operation on the server under test.

    Args:
        client: the connection.
        operation: its declaration.
        values: values for the required parameters.

    Raises:
        NotExercisedError: no value is known for a required parameter.
    """

    def __init__(self, client: Client, operation: Operation, values: Mapping[str, str]) -> None:
        if unknown := operation.unknown(values):
            raise NotExercisedError(f"GET {operation.path} needs {', '.join(unknown)}, for which no value is known.")
        self.operation = operation
        self._client = client
        self._values = {name: value for (_, name), value in operation.required(values).items()}
        self._query = {name: value for (place, name), value in operation.required(values).items() if place == "query"}

    def __str__(self) -> str:
        return f"GET {self.operation.target(self._values)}"

    @property
    def values(self) -> Mapping[str, str]:
        """The values of the required parameters."""
        return self._values

    @cached_property
    def plain(self) -> Exchange:
        """The response to a request with the required parameters only."""
        return self.get()

    @cached_property
    def rows(self) -> list[Any]:
        """The records of the plain response; empty if it was refused, or is not a page."""
        return rows_of(self.plain)

    def get(
        self,
        query: Mapping[str, str] | None = None,
        *,
        path_values: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Exchange:
        """Send a request.

        Args:
            query: further parameters of the query.
            path_values: other values for parameters of the path.
            headers: sent instead of the right key; see `Client.get`.
        """
        path = self.operation.target({**self._values, **(path_values or {})})
        return self._client.get(self._query | dict(query or {}), path=path, headers=headers)

    def target_with(self, query: str) -> str:
        """Return the encoded path and query: the required parameters, and more text for the query."""
        return f"{self.operation.target(self._values)}?{urlencode([*self._query.items()])}&{query}".replace("?&", "?")

    def require_open(self) -> None:
        """Send the plain request once: every correct server that has the operation serves it.

        Raises:
            NotExercisedError: the server does not have it, or this key may not use it.
            BrokenPromiseError: it fails, or refuses a valid request in another way.
        """
        if (reason := closed_reason(self.plain)) is not None:
            raise NotExercisedError(f"{self} returns {self.plain.status} to a plain request: {reason}.")
        self.require_success(self.plain)

    def require_success(self, exchange: Exchange) -> None:
        """Refuse any status but a success for a request that the declarations allow.

        Raises:
            BrokenPromiseError: under `requests.no-server-error` for a 5xx, else under `requests.accepted`.
            NotExercisedError: this key or the plan does not include the operation.
        """
        if exchange.status in {402, 403}:
            raise NotExercisedError(f"{self} returns {exchange.status}: {_CLOSED[exchange.status]}.")
        if not self.operation.is_success(exchange.status):
            is_failure = exchange.status >= 500
            named = self.operation.promise("requests.no-server-error" if is_failure else "requests.accepted")
            message = f"a valid query {'fails' if is_failure else 'is refused'} with {exchange.summary}"
            raise BrokenPromiseError(named, message, exchange, expected="a success", got=str(exchange.status))


class Endpoints:
    """The operations other than traffic, as far as this server has them.

    Args:
        client: the connection.
        spec: what is declared.
        known: values that the options give, by the name of the parameter.
    """

    def __init__(self, client: Client, spec: Specification, known: Mapping[str, Any]) -> None:
        self._client = client
        self.spec = spec
        self._operations = spec.operations
        self._known = {name: as_text(value) for name, value in known.items()}
        self._endpoints: dict[str, Endpoint] = {}

    def of(self, operation: Operation) -> Endpoint:
        """Return an operation on this server.

        Raises:
            NotExercisedError: it needs a parameter for which no value is known.
        """
        if operation.path not in self._endpoints:
            found = {name: self.values_of(name)[:1] for name in operation.unknown(self._known)}
            values = self._known | {name: values[0] for name, values in found.items() if values}
            self._endpoints[operation.path] = Endpoint(self._client, operation, values)
        return self._endpoints[operation.path]

    def any_is_open(self, *, of_app: bool) -> bool:
        """Return whether the server serves a plain request for one of the operations.

        Args:
            of_app: consider only operations with the app in their path.
        """
        others = [one for one in self._operations if not one.is_traffic and not one.unknown(self._known)]
        others = [one for one in others if not of_app or ("path", "app_id") in one.parameters]
        return any(self.of(operation).plain.status == 200 for operation in others)

    def values_of(self, name: str, asking: Operation | None = None) -> list[str]:
        """Return values of a parameter that this server knows: the one in the options, else those in its records.

        In a record it is a field of the same name; and `consumer_id` is the `id` of what `…/consumers` lists.

        Args:
            name: the parameter.
            asking: the operation with the parameter. If the parameter is not an id, only this operation's records
                count: a status, for example, means something else in other records.
        """
        if name in self._known:
            return [self._known[name]]
        found = []
        for operation in self._operations:
            if operation.is_traffic or not operation.has_rows or operation.unknown(self._known):
                continue
            if asking not in {None, operation} and not name.endswith("id"):
                continue
            is_own = name.endswith("_id") and operation.path.endswith(f"/{name.removesuffix('_id')}s")
            for row in self.of(operation).rows:
                value = row.get("id" if is_own else name) if isinstance(row, dict) else None
                if isinstance(value, str | int):
                    found.append(as_text(value))
        return list(dict.fromkeys(found))[:_MAX_VALUES]


def closed_reason(exchange: Exchange) -> str | None:
    """Return why a response says that this key cannot use an operation; `None` if it can."""
    return _CLOSED.get(exchange.status)


def rows_of(exchange: Exchange) -> list[Any]:
    """Return the records of a response; empty if it is not a page."""
    rows = exchange.fields.get("data")
    return rows if isinstance(rows, list) else []
