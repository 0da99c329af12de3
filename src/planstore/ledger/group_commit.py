"""Group commit: what many threads append while one commit is on its way becomes the next one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Condition
from typing import Generic, TypeVar

E = TypeVar("E")

LINGER = 0.005
"""Seconds, at most, that a commit waits for callers who are on their way back: a part of what one commit takes."""


@dataclass(frozen=True)
class Request(Generic[E]):
    """The events of one caller, and what becomes of them: the number of the commit that holds them, or an error."""

    events: Sequence[E]
    outcome: Future[int] = field(default_factory=Future)


class GroupCommit(Generic[E]):
    """Gathers requests of many threads, and commits them in a thread of its own.

    Args:
        commit: makes one commit, and settles the outcome of each request in it. It takes the requests as late as it
            can, by calling what it is given, so that those that arrive meanwhile are in it.
    """

    def __init__(self, commit: Callable[[Callable[[], Sequence[Request[E]]]], None]) -> None:
        self._commit = commit
        self._waiting: list[Request[E]] = []
        self._arriving = Condition()
        self._callers = 1
        self._committer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="planstore-commit")

    def append(self, events: Sequence[E]) -> int:
        """Return the number of the commit that holds ``events``, once it is durable.

        Raises:
            RuntimeError: the gathering is closed.
        """
        request = Request(events)
        with self._arriving:
            self._waiting.append(request)
            self._arriving.notify()
        self._committer.submit(self._commit_waiting)
        return request.outcome.result()

    def close(self) -> None:
        """Commit what waits, and end."""
        self._committer.shutdown()

    def _commit_waiting(self) -> None:
        if not self._waiting:
            return  # because an earlier call took what this one was submitted for
        taken: list[Request[E]] = []

        def take() -> Sequence[Request[E]]:
            with self._arriving:
                # because callers who were answered just now come back at once: without them, they would have to wait
                # until this commit is done, and every commit would hold half of what it could
                self._arriving.wait_for(lambda: len(self._waiting) >= self._callers, LINGER)
                taken.extend(self._waiting)
                self._waiting.clear()
            return taken

        try:
            self._commit(take)
        except BaseException as error:  # noqa: BLE001  (each caller that waits is told, and raises it)
            for request in taken or take():
                if not request.outcome.done():
                    request.outcome.set_exception(error)
        self._callers = len(taken) + len(self._waiting)
