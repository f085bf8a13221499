"""`python -m ssefold`: the command line (cli.py says what enters and what leaves)."""

import sys

from ssefold.cli import main

if __name__ == "__main__":
    sys.exit(main())
