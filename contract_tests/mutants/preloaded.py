"""Load what every run of the suite needs: the runs are forked from a process that has imported this."""

from contextlib import suppress

from contract_tests.declarations.specification import load_specification
from contract_tests.mutants.catalogue import ENTRIES
from spec_pipeline.project import PipelineError

for _path in {None if entry.spec is None else str(entry.spec) for entry in ENTRIES}:
    with suppress(PipelineError):  # each run says it
        load_specification(_path)
