"""`python -m apitally_traffic_cli`."""

import sys

from apitally_traffic_cli.console_script import main

if __name__ == "__main__":
    sys.exit(main())
