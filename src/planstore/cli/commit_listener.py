"""Listener for the records of a verb that an error message or an interrupt must name, because they are permanent."""

from __future__ import annotations

import logging

LOGGERS = ("planstore.ledger", "planstore.claims", "planstore.hooks")


class CommitListener(logging.Handler):
    """Log handler that collects commits and cancelled jobs; as text, a note on them, or empty without any.

    Attributes:
        commits: numbers of the recorded commits.
        has_ended: whether the verb has ended, and only its hooks run.
    """

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.commits: list[int] = []
        self.has_ended = False
        self._cancelled = 0

    def listen(self) -> None:
        """Attach this handler to the loggers of the ledger, of claims and of hooks."""
        for name in LOGGERS:
            logger = logging.getLogger(name)
            logger.addHandler(self)
            logger.setLevel(logging.INFO)

    def emit(self, record: logging.LogRecord) -> None:
        """Collect the commit or the cancelled jobs of a log record."""
        fields = vars(record)
        if "commit_id" in fields:
            self.commits.append(fields["commit_id"])
        self.has_ended |= fields.get("has_ended", False)
        self._cancelled += fields.get("cancelled_jobs", 0)

    def __str__(self) -> str:
        return self._jobs() + self._commits()

    def _jobs(self) -> str:
        if not self._cancelled:
            return ""
        return f"; {self._cancelled} claimed job{' is' if self._cancelled == 1 else 's are'} cancelled"

    def _commits(self) -> str:
        if not self.commits:
            return ""
        first, last = self.commits[0], self.commits[-1]
        return f"; commit {first} is recorded" if first == last else f"; commits {first} to {last} are recorded"
