"""Loaded by `nox -s mutation` alone: a mutant starts without the results that the code before it has left in caches.

It runs in a copy of a process in which all tests have passed already.
"""

import sys
from functools import lru_cache

_PACKAGES = {"apitally_mock", "apitally_traffic", "contract_tests"}
_CACHED = type(lru_cache(lambda: None))


def pytest_sessionstart() -> None:
    modules = [module for name, module in sys.modules.items() if name.partition(".")[0] in _PACKAGES]
    for function in (value for module in modules for value in vars(module).values() if isinstance(value, _CACHED)):
        function.cache_clear()
