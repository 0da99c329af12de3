"""The command line: ``planstore VERB``, one verb a file."""

from __future__ import annotations

import os
import signal
from types import FrameType


def main() -> None:
    """Run the command line."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # because nohup and similar programs ignore it
        signal.signal(signal.SIGINT, _end_at_once)
    from planstore.cli.process import run

    run()


def _end_at_once(_signal: int, _frame: FrameType | None) -> None:
    """End the process during its imports, before any verb has begun."""
    try:
        os.write(2, b"planstore: interrupted\n")
    finally:
        os._exit(128 + signal.SIGINT)
