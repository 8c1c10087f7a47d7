"""The moments at which a run is killed, in the order of a run."""

from dataclasses import dataclass
from typing import Any, Literal

SOURCE = "apitally_traffic.sync._source"
JOB = "dlt.common.destination.client:RunnableLoadJob"
CLIENT = "dlt.destinations.job_client_impl:SqlJobClientBase"


@dataclass(frozen=True)
class Moment:
    """Before or after a call of a function.

    Attributes:
        target: the function, as `module:qualified.name`.
        when: before the call, or after it.
        job: the call counts if the job is the file with the rows, or the merge.
        call: the number of the call, counted from 1.
        is_extracted: dlt's state on this machine says that the rows were read; they wait in a package.
        is_stored: the rows and the state are in the database for good.
    """

    target: str
    when: Literal["before", "after"]
    job: Literal["file", "merge"] | None = None
    call: int = 1
    is_extracted: bool = True
    is_stored: bool = False

    def is_reached(self, arguments: tuple[Any, ...]) -> bool:
        """Return whether a call with these arguments counts."""
        if self.job is None:
            return True
        info = arguments[0].job_file_info()
        kind = "merge" if info.file_format == "sql" else "file"
        return (info.table_name, kind) == ("traffic", self.job)


MOMENTS = {
    "before the clock is asked for": Moment(f"{SOURCE}:_SharedClient.time", "before", is_extracted=False),
    "among the rows of the first app": Moment(f"{SOURCE}:_row", "before", call=20, is_extracted=False),
    "after the first app": Moment(f"{SOURCE}:_SharedClient.__exit__", "after", is_extracted=False),
    "before the package of rows is committed": Moment(
        "dlt.extract.extract:Extract.commit_packages", "before", is_extracted=False
    ),
    "after the package of rows is committed": Moment(
        "dlt.extract.extract:Extract.commit_packages", "after", is_extracted=False
    ),
    "after the rows are normalized": Moment("dlt.normalize.normalize:Normalize.run", "after"),
    "before tables are made": Moment("dlt.load.load:init_client", "before"),
    "after tables are made": Moment("dlt.load.load:init_client", "after"),
    "before the file of rows is loaded": Moment(f"{JOB}.run_managed", "before", job="file"),
    "after the file of rows is loaded": Moment(f"{JOB}.run_managed", "after", job="file"),
    "before the merge": Moment(f"{JOB}.run_managed", "before", job="merge"),
    "inside the merge, after the old rows are deleted": Moment("DELETE", "after"),
    "before the merge is committed": Moment("COMMIT", "before"),
    "after the merge": Moment(f"{JOB}.run_managed", "after", job="merge"),
    "before the package is complete": Moment(f"{CLIENT}.complete_load", "before"),
    "after the package is complete in the database": Moment(f"{CLIENT}.complete_load", "after", is_stored=True),
    "after the package is complete": Moment(
        "dlt.common.storages.load_storage:LoadStorage.complete_load_package", "after", is_stored=True
    ),
    "after the run": Moment("dlt.pipeline.pipeline:Pipeline.deactivate", "after", is_stored=True),
}
