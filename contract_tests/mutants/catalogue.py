"""All servers of the catalogue, and those of a short run."""

from contract_tests.mutants.broken_caches import CACHES
from contract_tests.mutants.broken_listings import LISTINGS
from contract_tests.mutants.broken_lookalikes import LOOKALIKES
from contract_tests.mutants.broken_operations import OPERATIONS
from contract_tests.mutants.broken_pages import PAGES
from contract_tests.mutants.broken_requests import REQUESTS
from contract_tests.mutants.broken_responses import RESPONSES
from contract_tests.mutants.broken_seasons import SEASONS
from contract_tests.mutants.broken_sums import SUMS
from contract_tests.mutants.broken_time import TIME
from contract_tests.mutants.different import DIFFERENT
from contract_tests.mutants.different_operations import DIFFERENT_OPERATIONS
from contract_tests.mutants.entry import Entry

BROKEN = (*REQUESTS, *CACHES, *RESPONSES, *TIME, *SEASONS, *SUMS, *PAGES, *LOOKALIKES)
BROKEN_OPERATIONS = (*OPERATIONS, *LISTINGS)
ENTRIES = (*DIFFERENT, *DIFFERENT_OPERATIONS, *BROKEN, *BROKEN_OPERATIONS)


def sample() -> tuple[Entry, ...]:
    """Return some correct servers, and for each promise one server that breaks little else.

    A promise of several operations is broken in one of them.
    """
    chosen = {entry.name for entry in ENTRIES if entry.fast}
    for entries in (BROKEN, BROKEN_OPERATIONS):
        kinds = [[promise_id.partition("@")[0] for promise_id in entry.breaks] for entry in entries]
        for kind in {kind for named in kinds for kind in named}:
            closest = min((named.index(kind) + len(named), place) for place, named in enumerate(kinds) if kind in named)
            chosen.add(entries[closest[1]].name)
    return tuple(entry for entry in ENTRIES if entry.name in chosen)
