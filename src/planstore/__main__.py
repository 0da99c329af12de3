"""``python -m planstore``: the command line."""

from planstore.cli import main

main()
