"""Listener for the commits of a verb: an error message lists them, because they are permanent."""

from __future__ import annotations

import logging


class CommitListener(logging.Handler):
    """Log handler that collects the commits of the ledger; as text, a note on them, or empty without commits."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._commits: list[int] = []

    def listen(self) -> None:
        """Attach this handler to the logger of the ledger."""
        logger = logging.getLogger("planstore.ledger")
        logger.addHandler(self)
        logger.setLevel(logging.INFO)

    def emit(self, record: logging.LogRecord) -> None:
        """Collect the commit of a log record."""
        self._commits.append(record.commit_id)  # type: ignore[attr-defined]

    def __str__(self) -> str:
        if not self._commits:
            return ""
        first, last = self._commits[0], self._commits[-1]
        return f"; commit {first} is recorded" if first == last else f"; commits {first} to {last} are recorded"
