"""Every server that the suite is held against."""

from contract_tests.mutants.broken_pages import PAGES
from contract_tests.mutants.broken_requests import REQUESTS
from contract_tests.mutants.broken_time import TIME
from contract_tests.mutants.different import DIFFERENT

BROKEN = (*REQUESTS, *TIME, *PAGES)
ENTRIES = (*DIFFERENT, *BROKEN)
