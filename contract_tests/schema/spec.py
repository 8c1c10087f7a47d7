"""The specification that the schema half and the reports read: the pin under our overlay, with a link between pages."""

import copy
from pathlib import Path
from typing import Any

from spec_pipeline.overlay import overlaid_spec
from spec_pipeline.project import Project

PATH = "/v1/apps/{app_id}/traffic"


def load_spec() -> dict[str, Any]:
    """Give the specification under its overlay, with a link that leads from a page to the next one.

    Raises:
        PipelineError: the specification or the overlay cannot be used.
    """
    spec = copy.deepcopy(overlaid_spec(Project(Path(__file__).parents[2])))
    get = spec["paths"][PATH]["get"]
    get["responses"]["200"]["links"] = {
        "NextPage": {
            "operationId": get["operationId"],
            "parameters": {"path.app_id": "$request.path.app_id", "query.next_token": "$response.body#/next_token"},
        }
    }
    return spec
