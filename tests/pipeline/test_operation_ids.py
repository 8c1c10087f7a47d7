"""Generated names are those that a person would choose."""

import json
from typing import Any

import pytest

from spec_pipeline.changes.compare.document import compare_documents
from spec_pipeline.openapi.operation_ids import short_operation_id, with_short_operation_ids
from spec_pipeline.openapi.references import Spec
from spec_pipeline.overlay import overlaid_spec
from spec_pipeline.project import PipelineError, Project
from tests.pipeline.six_operations import OPERATIONS, six_operations

DONE = {"200": {"description": "Done"}}


@pytest.mark.parametrize(
    ("path", "operation_id", "short"),
    [
        ("/v1/apps", "list_apps_v1_apps_get", "list_apps"),
        ("/v1/apps/{app_id}/request-logs", "get_logs_v1_apps__app_id__request_logs_get", "get_logs"),
        ("/items/", "read_items_items__get", "read_items"),
        ("/", "root__get", "root"),
        # A route with two methods has the operationId of one of them at both.
        ("/v1/apps", "apps_v1_apps_post", "apps"),
        ("/files/{path}", "get_file_files__path__get", "get_file"),
        # Chosen by a person, or made for another path.
        ("/v1/apps", "list_apps", "list_apps"),
        ("/v2/apps", "list_apps_v1_apps_get", "list_apps_v1_apps_get"),
        ("/v1/apps", "listApps", "listApps"),
        # Nothing would be left.
        ("/v1/apps", "_v1_apps_get", "_v1_apps_get"),
    ],
)
def test_fastapi_suffix_is_cut_off(path: str, operation_id: str, short: str) -> None:
    """The path and the method that FastAPI adds go, and nothing else does."""
    assert short_operation_id(path, operation_id) == short


def test_fastapi_itself_agrees() -> None:
    """What FastAPI publishes for a function is shortened to the name of the function."""
    fastapi = pytest.importorskip("fastapi")
    app = fastapi.FastAPI()
    paths = ["/", "/v1/apps", "/v1/apps/{app_id}/logs-of/{log.id}", "/a_b/~c/", "/files/{name:path}", "/über"]
    for number, path in enumerate(paths):

        def function() -> None: ...

        function.__name__ = f"function_{number}"
        app.add_api_route(path, function, methods=["PATCH"])
    shortened = with_short_operation_ids(app.openapi())
    assert [item["patch"]["operationId"] for item in shortened["paths"].values()] == [
        f"function_{number}" for number in range(len(paths))
    ]


def test_six_operations_have_short_names(project: Project) -> None:
    """Each operation that the vendor documents gets the name of its function, without an overlay action for it."""
    project.pin.write_text(json.dumps(six_operations()))
    paths = overlaid_spec(project)["paths"]
    assert {path: item["get"]["operationId"] for path, item in paths.items()} == {
        "/v1/apps/{app_id}/traffic": "get_traffic",
        **{path: function for path, function, *_ in OPERATIONS},
    }


@pytest.mark.parametrize(
    "ids",
    [
        ("list_apps_v1_apps_get", "list_apps_v2_apps_get"),
        ("list_apps", "list_apps_v2_apps_get"),
        ("listApps", "list_apps_v2_apps_get"),
        ("list-apps", "ListApps"),
    ],
)
def test_collision_names_both_operations(project: Project, ids: tuple[str, str]) -> None:
    """Two operations that would generate one name are refused in a sentence that names both."""
    pin = json.loads(project.pin.read_bytes())
    for path, operation_id in zip(("/v1/apps", "/v2/apps"), ids, strict=True):
        pin["paths"][path] = {"get": {"operationId": operation_id, "responses": DONE}}
    project.pin.write_text(json.dumps(pin))
    with pytest.raises(PipelineError, match=r"GET /v1/apps and GET /v2/apps would both be called .* in overlay\.yaml"):
        overlaid_spec(project)


def test_similar_names_do_not_collide(project: Project) -> None:
    """Names that the generator tells apart are taken as they are."""
    pin = json.loads(project.pin.read_bytes())
    for path, operation_id in (("/a", "getApps"), ("/b", "getapps"), ("/c", "get_app_s")):
        pin["paths"][path] = {"get": {"operationId": operation_id, "responses": DONE}}
    project.pin.write_text(json.dumps(pin))
    assert overlaid_spec(project)["paths"]["/b"]["get"]["operationId"] == "getapps"


def test_links_follow_the_names() -> None:
    """A link that names an operation names it by its new name, too."""
    link = {"links": {"next": {"operationId": "list_apps_v1_apps_get"}}}
    document = {"paths": {"/v1/apps": {"get": {"operationId": "list_apps_v1_apps_get", "responses": {"200": link}}}}}
    operation = with_short_operation_ids(document)["paths"]["/v1/apps"]["get"]
    assert operation["operationId"] == operation["responses"]["200"]["links"]["next"]["operationId"] == "list_apps"


@pytest.mark.parametrize(("old", "new", "rules"), [("", "_v1_apps_get", []), ("", "2", ["api-operation-id-removed"])])
def test_only_a_change_of_the_short_name_is_a_change(old: str, new: str, rules: list[str]) -> None:
    """An operationId whose generated name stays is no change."""

    def spec(ending: str) -> Spec:
        paths: dict[str, Any] = {"/v1/apps": {"get": {"operationId": f"list_apps{ending}", "responses": DONE}}}
        return Spec({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}, "spec")

    assert [change.id for change in compare_documents(spec(old), spec(new))] == rules
