"""The promises of every other operation, derived from its declarations: `requests.bounds@list_apps`."""

from collections.abc import Iterator
from dataclasses import replace

from contract_tests.declarations.specification import Operation
from contract_tests.promises.promise import Promise

_NOTHING = "it needs nothing but a server."


def promises_of_operation(operation: Operation, about_pages: list[Promise]) -> Iterator[Promise]:
    """Return the promises of an operation, in the order in which a run asks for them.

    Args:
        operation: its declaration.
        about_pages: the promises about pages of traffic, which also apply to any other operation with pages.
    """

    def promise(name: str, sentence: str, hint: str = _NOTHING, *needs: str) -> Promise:
        return Promise(operation.promise(name), sentence, hint, tuple(map(operation.promise, needs)))

    what = f"GET {operation.path}"
    moments = [one for one in operation.declared if one.is_moment and not one.is_required]
    records = f"{what} needs records that differ."
    if operation.needs_key:
        key = f"{what}: Security scheme APIKeyHeader: an apiKey in the header Api-Key."
        yield promise("auth.key-required", f"{key} No data without it.")
        yield promise("auth.key-exact", f"{key} No data for any other key.", _NOTHING, "auth.key-required")
    if "404" in operation.responses and ("path", "app_id") in operation.parameters:
        yield promise("requests.unknown-app", f"{what}: 404: App Not Found.")
    yield promise("requests.accepted", f"{what}: 200 for every query that the declarations allow.")
    if operation.declared:
        declared = "Minimum, maximum, enum, type, format, maxLength as declared."
        yield promise("requests.bounds", f"{what}: 422: Validation Error. {declared}")
    statuses = ", ".join(status for status in operation.responses if status.isdigit())
    yield promise("requests.no-server-error", f"{what}: The documented responses are {statuses}.")
    if operation.has_rows and moments:
        said = " ".join(dict.fromkeys(one.description for one in moments))
        yield promise("requests.formats", f"{said} Format date-time.", records)
    for one in operation.declared:
        if one.default is not None and operation.has_rows:
            hint = f"{what} needs more than {one.default} records." if one.name == "limit" else records
            needs = ["pagination.limit"] if one.name == "limit" and operation.is_listing else []
            yield promise(f"requests.default-{one.name}", f"{one.description} Default: {one.default}.", hint, *needs)
    if operation.has_rows and operation.optional:
        said = " ".join(dict.fromkeys(one.description for one in operation.optional))
        yield promise("consistency.filter-selects", said, records)
    if operation.is_listing:
        yield from (_of_pages(one, operation) for one in about_pages)


def promise_of_responses(operation: Operation) -> Promise:
    """Return the promise about the form of an operation's responses."""
    statuses = ", ".join(status for status in operation.responses if operation.body_schema(status) is not None)
    hint = f"GET {operation.path} has to return what is declared."
    sentence = f"GET {operation.path}: {statuses} as declared."
    return Promise(operation.promise("response.schema"), sentence, hint)


def _of_pages(promise: Promise, operation: Operation) -> Promise:
    is_about_filters = promise.id == "pagination.token-keeps-query"
    needed = "a filter that leaves some of its records" if is_about_filters else "more than one record"
    return replace(
        promise,
        id=operation.promise(promise.id),
        hint=f"GET {operation.path} needs {needed}.",
        needs=tuple(operation.promise(need) for need in promise.needs if need.startswith("pagination.")),
    )
