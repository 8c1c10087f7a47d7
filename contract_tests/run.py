"""What the tests of one run share: nothing but its parts, each of which has a module of its own."""

from contract_tests.budget import Budget
from contract_tests.options import Options
from contract_tests.promises.promise import Ledger, NotExercisedError
from contract_tests.reading.comparison import Comparison
from contract_tests.reading.endpoint import Endpoint, Endpoints
from contract_tests.reading.listing import Listing
from contract_tests.reading.reader import Reader
from contract_tests.reading.sample import Sample
from contract_tests.reading.year import Year
from contract_tests.wire.client import Client


class Run:
    """The parts of one run.

    Args:
        options: what the run is told to do.
        client: the connection.
        ledger: where verdicts are collected.
        endpoints: the operations but traffic, as far as this server has them.
        skew: by how many seconds the server's clock is ahead of this machine's.
        closed: why traffic cannot be asked for; `None` where it can.
    """

    def __init__(
        self,
        options: Options,
        client: Client,
        ledger: Ledger,
        endpoints: Endpoints,
        *,
        skew: float = 0.0,
        closed: str | None = None,
    ) -> None:
        self.endpoints = endpoints
        self.spec = endpoints.spec
        self._closed = closed
        self.options = options
        self.client = client
        self.ledger = ledger
        self.reader = Reader(client, skew)
        self.sample = Sample(self.reader, options.seed)
        self.year = Year(self.reader, self.sample)
        self.comparison = Comparison(self.reader, self.sample, ledger)
        self.budget = Budget(client, options, ledger)
        self._listings: dict[Endpoint, Listing] = {}

    def require_traffic(self) -> None:
        """Go on only where traffic can be asked for.

        Raises:
            NotExercisedError: it cannot, although other operations can.
        """
        if self._closed is not None:
            raise NotExercisedError(self._closed)

    def listing(self, endpoint: Endpoint) -> Listing:
        """Return the records of an operation, as many as a run can read, with what it has read of them.

        Raises:
            BrokenPromiseError: they cannot be read.
            NotExercisedError: they are refused to this key, or are too many.
        """
        if endpoint not in self._listings:
            self._listings[endpoint] = Listing(endpoint)
        return self._listings[endpoint].narrowed()
