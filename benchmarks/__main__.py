"""Run the benchmarks by name, or all of them; print the tables, and write them into benchmarks/results/."""

import importlib
import sys
from pathlib import Path

from benchmarks.measure import Table, save

NAMES = ["reading", "frames", "year_of_hours", "rate_limit", "command", "spec_changes", "contract_suite", "mock_server"]


def main(names: list[str]) -> int:
    """Run, and return the exit code."""
    if unknown := set(names) - set(NAMES):
        print(f"There is no benchmark {', '.join(sorted(unknown))}: choose from {', '.join(NAMES)}.")
        return 2
    for name in names or NAMES:
        tables: list[Table] = importlib.import_module(f"benchmarks.{name}").main()
        for table in tables:
            print(table.markdown(), end="\n\n", flush=True)
        save(tables, Path(__file__).parent / "results")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
