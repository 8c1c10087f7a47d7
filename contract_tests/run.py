"""What the tests of one run share: its parts, each of which has its own module."""

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
        options: the options of the run.
        client: the connection.
        ledger: collects the verdicts.
        endpoints: the operations other than traffic, as far as this server has them.
        skew: by how many seconds the server's clock is ahead of this machine's.
        closed: why this key cannot read traffic; `None` if it can.
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
        """Require that this key can read traffic.

        Raises:
            NotExercisedError: it cannot, although it may use other operations.
        """
        if self._closed is not None:
            raise NotExercisedError(self._closed)

    def listing(self, endpoint: Endpoint) -> Listing:
        """Return the listing of an operation, narrowed to what a run can read, with the pages read so far.

        Raises:
            BrokenPromiseError: they cannot be read.
            NotExercisedError: this key may not read them, or there are too many.
        """
        if endpoint not in self._listings:
            self._listings[endpoint] = Listing(endpoint)
        return self._listings[endpoint].narrowed()
