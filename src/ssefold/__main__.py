"""`python -m ssefold`: the command line (cli/main.py says what enters and what leaves)."""

import sys

from ssefold.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
