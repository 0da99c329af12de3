"""The commits that a verb has recorded: said when it ends otherwise than it should, because they stay."""

from __future__ import annotations

import logging


class RecordedCommits(logging.Handler):
    """Listens to the ledger; as a text, it says which commits are recorded, and nothing when there is none."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._commits: list[int] = []

    def listen(self) -> None:
        """Begin to listen."""
        logger = logging.getLogger("planstore.ledger")
        logger.addHandler(self)
        logger.setLevel(logging.INFO)

    def emit(self, record: logging.LogRecord) -> None:
        """Note the commit of a record."""
        self._commits.append(record.commit_id)  # type: ignore[attr-defined]

    def __str__(self) -> str:
        if not self._commits:
            return ""
        first, last = self._commits[0], self._commits[-1]
        return f"; commit {first} is recorded" if first == last else f"; commits {first} to {last} are recorded"
