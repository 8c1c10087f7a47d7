"""Pull the last 30 days of one app's traffic from a mock server of its own, and show them as a table with bars."""

import sys

from rich import box, filesize
from rich.bar import Bar
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from apitally_mock import MockServer, MockServerError
from apitally_traffic import ApitallyError, TrafficClient, TrafficItem

APP_ID = 1
BAR_WIDTH = 24

console = Console()


def main() -> int:
    """Run the whole journey and return the exit code."""
    try:
        with (
            console.status("Starting a mock server…"),
            MockServer() as server,
            TrafficClient(server.api_key, base_url=server.url) as client,
        ):
            items = client.get_traffic(APP_ID, start="30d", interval="day").to_list()
            source = f"a mock server in its own process at {server.url}"
    except (ApitallyError, MockServerError) as error:
        console.print(f"[red]{escape(str(error))}[/red]")
        return 1
    except KeyboardInterrupt:
        console.print("Stopped, and the mock server with it.")
        return 130
    console.print(table_of(items))
    console.print(f"{len(items)} days, today so far included, read over HTTP from {source}.", soft_wrap=True)
    console.print(
        "The same from the real API: set APITALLY_API_KEY, and use TrafficClient() and your app's ID in this script.",
        soft_wrap=True,
    )
    return 0


def table_of(items: list[TrafficItem]) -> Table:
    """Return a table with a row for each day; the longest bar is the busiest day."""
    busiest = max((item.requests for item in items), default=0)
    table = Table(title=f"Traffic of app {APP_ID}, by day", box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column("Day (UTC)", no_wrap=True)
    for heading in ("Requests", "Received", "Sent"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", width=BAR_WIDTH)
    for item in items:
        table.add_row(
            f"{item.period_start:%Y-%m-%d %a}",
            f"{item.requests:,}",
            filesize.decimal(item.bytes_received),
            filesize.decimal(item.bytes_sent),
            Bar(size=max(busiest, 1), begin=0, end=item.requests, color="cyan"),
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
