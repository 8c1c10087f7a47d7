"""Run the suite against the servers of the catalogue, and print the kill matrix.

Without options, each promise is broken once or more. Its own test is run against the server that breaks it, and the
whole suite if that does not show it: some promises are about all responses.

Exit codes: 0 every broken server is caught under a right promise and every correct one passes, 1 not all of them,
2 no such entry.
"""

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from contract_tests.mutants.catalogue import ENTRIES, sample
from contract_tests.mutants.entry import Entry
from contract_tests.mutants.run import Result, run_against


def main() -> int:
    """Run the catalogue and return the exit code."""
    parser = argparse.ArgumentParser(prog="contract_tests.mutants", description=__doc__)
    parser.add_argument("--all", action="store_true", help="the whole catalogue, not only a part that takes a minute")
    parser.add_argument("--only", default="", help="only entries of which the name, or a promise, contains this")
    parser.add_argument("--seed", default="0", help="the seed of the runs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many runs at a time")
    parser.add_argument("--verbose", action="store_true", help="show the output of the runs that went wrong")
    options = parser.parse_args()
    is_asked = options.all or bool(options.only)
    entries = [entry for entry in (ENTRIES if is_asked else sample()) if options.only in entry.title]
    if not entries:
        parser.error(f"no entry has {options.only!r} in its name or its promises")

    def run(entry: Entry) -> Result:
        if entry.breaks and not is_asked:
            result = run_against(entry, options.seed, entry.breaks)
            if result.is_right:
                return result
        return run_against(entry, options.seed)

    with ThreadPoolExecutor(options.jobs) as pool:
        results = []
        for result in pool.map(run, entries):
            results.append(result)
            print(_line(result), flush=True)
            if options.verbose and not result.is_right:
                print(result.output, flush=True)
    return _conclude(results)


def _line(result: Result) -> str:
    expected = " or ".join(result.entry.breaks) or "correct"
    found = ", ".join(result.named) or f"exit {result.exit_code}"
    mark = "ok" if result.is_right else "MISSED" if result.entry.breaks else "FALSE ALARM"
    cost = f"{result.requests} requests, {result.seconds:.0f} s"
    return f"{mark:<11} {result.entry.name:<60} {expected:<45} -> {found}  ({cost})"


def _conclude(results: list[Result]) -> int:
    broken = [result for result in results if result.entry.breaks]
    correct = [result for result in results if not result.entry.breaks]
    caught, passed = sum(result.is_right for result in broken), sum(result.is_right for result in correct)
    most = max((result.requests for result in results), default=0)
    print(f"{caught} of {len(broken)} broken servers caught, {passed} of {len(correct)} correct ones pass")
    print(f"at most {most} requests a run")
    return 0 if caught == len(broken) and passed == len(correct) else 1


if __name__ == "__main__":
    sys.exit(main())
