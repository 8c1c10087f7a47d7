"""All servers of the catalogue."""

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

BROKEN = (*REQUESTS, *CACHES, *RESPONSES, *TIME, *SEASONS, *SUMS, *PAGES, *LOOKALIKES)
BROKEN_OPERATIONS = (*OPERATIONS, *LISTINGS)
ENTRIES = (*DIFFERENT, *DIFFERENT_OPERATIONS, *BROKEN, *BROKEN_OPERATIONS)
