"""Answers about recorded runs, kept because no later commit can change them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Memo:
    """The answers that were used last. Several readers of a missing answer compute it once.

    Args:
        most: maximum number of answers.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()
        self._computing: dict[Hashable, Lock] = {}
        self._lock = Lock()

    def get(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return the answer of a key; compute it if it is not there."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return cast(T, self._answers[key])
            computing = self._computing.setdefault(key, Lock())
        try:
            with computing:
                with self._lock:
                    if key in self._answers:
                        return cast(T, self._answers[key])
                answer = compute()
                with self._lock:
                    self._answers[key] = answer
                    while len(self._answers) > self._most:
                        self._answers.popitem(last=False)
                return answer
        finally:
            with self._lock:
                self._computing.pop(key, None)
