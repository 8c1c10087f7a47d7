"""A test at each push samples what takes long; the session `tests-full` goes through all of it."""

from collections.abc import Iterable
from typing import Any

import pytest


def exhaustive(cases: Iterable[Any]) -> list[Any]:
    """Return cases for `parametrize` that run in the session `tests-full` alone.

    Args:
        cases: one value each, or a tuple of the values of several arguments.
    """
    values = (case if isinstance(case, tuple) else (case,) for case in cases)
    return [pytest.param(*value, marks=pytest.mark.exhaustive) for value in values]
