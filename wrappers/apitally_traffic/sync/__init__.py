"""Incremental sync of traffic into a database, with dlt; needs the extra `sync`.

    from apitally_traffic.sync import sync_traffic

    sync_traffic([1, 2], interval="day")  # into ./apitally_traffic.duckdb

`sync_traffic` does a whole run, like the command `apitally-traffic sync`. `traffic_source` is the dlt source behind it,
for the user's own pipelines.
"""

try:
    import dlt  # noqa: F401 - the error below names the extra
except ModuleNotFoundError as error:
    if error.name != "dlt":
        raise  # dlt is installed, but one of its dependencies is not
    raise ModuleNotFoundError(
        "dlt is not installed: python3 -m pip install 'apitally-traffic[sync]'.", name="dlt"
    ) from error

from apitally_traffic.sync._errors import SyncError
from apitally_traffic.sync._run import SyncResult, sync_traffic
from apitally_traffic.sync._source import traffic_source

__all__ = ["SyncError", "SyncResult", "sync_traffic", "traffic_source"]
