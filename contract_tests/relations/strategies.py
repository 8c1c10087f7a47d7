"""The Hypothesis strategies that the relations share."""

from typing import Final, get_args

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.oracle import zone_table
from contract_tests.oracle.zones import Interval

ANY_ZONE: Final[SearchStrategy[str]] = st.sampled_from(zone_table.ALL)
ANY_INTERVAL: Final[SearchStrategy[Interval]] = st.sampled_from(get_args(Interval))
