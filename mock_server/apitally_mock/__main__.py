"""`python -m apitally_mock`: run a mock server."""

import sys

from apitally_mock.cli import main

if __name__ == "__main__":
    sys.exit(main())
