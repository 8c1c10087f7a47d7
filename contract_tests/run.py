"""What the tests of one run share: nothing but its parts, each of which has a module of its own."""

from contract_tests.budget import Budget
from contract_tests.options import Options
from contract_tests.promises.promise import Ledger
from contract_tests.reading.comparison import Comparison
from contract_tests.reading.listing import Listing
from contract_tests.reading.reader import Reader
from contract_tests.reading.sample import Sample
from contract_tests.schema.spec import Operation
from contract_tests.wire.client import Client


class Run:
    """The parts of one run.

    Args:
        options: what the run is told to do.
        client: the connection.
        ledger: where verdicts are collected.
        skew: by how many seconds the server's clock is ahead of this machine's.
    """

    def __init__(self, options: Options, client: Client, ledger: Ledger, skew: float = 0.0) -> None:
        self.options = options
        self.client = client
        self.ledger = ledger
        self.reader = Reader(client, skew)
        self.sample = Sample(self.reader, options.seed)
        self.comparison = Comparison(self.reader, self.sample, ledger)
        self.budget = Budget(client, options, ledger)
        self._listings: dict[str, Listing] = {}

    def listing(self, operation: Operation) -> Listing:
        """Return an operation that has pages, with what this run has read of it.

        Raises:
            NotExercisedError: it has a parameter for which no value is known.
        """
        if operation.path not in self._listings:
            self._listings[operation.path] = Listing(self.client, operation, self.options.known_values)
        return self._listings[operation.path]
