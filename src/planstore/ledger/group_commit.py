"""Group commit: events that arrive during one commit are combined into the next one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Condition
from typing import Generic, TypeVar

E = TypeVar("E")

LINGER = 0.005
"""Maximum seconds that a commit waits for returning callers: a fraction of a commit's duration."""


@dataclass(frozen=True)
class Request(Generic[E]):
    """The events of one caller, with a future for the number of their commit."""

    events: Sequence[E]
    outcome: Future[int] = field(default_factory=Future)


class GroupCommit(Generic[E]):
    """Collects requests from many threads, and commits them on a thread of its own.

    Args:
        commit: makes one commit and sets the outcome of each of its requests. It takes the requests by calling its
            argument, as late as possible, so that the commit includes those that arrive meanwhile.
    """

    def __init__(self, commit: Callable[[Callable[[], Sequence[Request[E]]]], None]) -> None:
        self._commit = commit
        self._waiting: list[Request[E]] = []
        self._arriving = Condition()
        self._callers = 1
        self._committer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="planstore-commit")

    def append(self, events: Sequence[E]) -> int:
        """Append ``events``, and return the number of their commit when it is durable.

        Raises:
            RuntimeError: the group commit is closed.
        """
        request = Request(events)
        with self._arriving:
            self._waiting.append(request)
            self._arriving.notify()
        self._committer.submit(self._commit_waiting)
        return request.outcome.result()

    def close(self) -> None:
        """Commit all waiting requests, and stop."""
        self._committer.shutdown()

    def _commit_waiting(self) -> None:
        if not self._waiting:
            return  # because an earlier call has taken this call's requests
        taken: list[Request[E]] = []

        def take() -> Sequence[Request[E]]:
            with self._arriving:
                # because callers with a finished request come back at once: otherwise they would wait for this commit
                # to end, and each commit would have half of the possible requests
                self._arriving.wait_for(lambda: len(taken) + len(self._waiting) >= self._callers, LINGER)
                taken.extend(self._waiting)
                self._waiting.clear()
            return taken

        try:
            self._commit(take)
        except BaseException as error:  # noqa: BLE001  (each waiting caller receives and raises it)
            for request in taken or take():
                if not request.outcome.done():
                    request.outcome.set_exception(error)
        self._callers = max(len(taken), len(self._waiting))
