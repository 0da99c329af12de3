"""Arguments of the methods that make a run: spelled once, in the signature of the function that checks them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Protocol, TypeVar

from planstore.checks.arguments import checked

if TYPE_CHECKING:
    from planstore.api.access import StoreAccess
    from planstore.runs.request import RunRequest


class _HasAccess(Protocol):
    """Has access to a ledger."""

    access: StoreAccess


P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound=_HasAccess)


def takes_arguments_of(
    make: Callable[Concatenate[Callable[[str], bool], P], RunRequest],
) -> Callable[[Callable[[S, RunRequest], R]], Callable[Concatenate[S, P], R]]:
    """Return a decorator that gives a method of a request the arguments of ``make``, which returns the request.

    The first argument of ``make``, which tells whether a run id is recorded, comes from the store.
    """
    arguments = list(inspect.signature(make).parameters.values())[1:]

    def decorate(method: Callable[[S, RunRequest], R]) -> Callable[Concatenate[S, P], R]:
        signature = inspect.signature(method)
        itself = next(iter(signature.parameters.values()))

        @wraps(method)
        def call(store: S, /, *positional: P.args, **named: P.kwargs) -> R:
            store.access.require_now(method.__name__)
            return method(store, make(store.access.has_run, *positional, **named))

        call.__signature__ = signature.replace(parameters=[itself, *arguments])  # type: ignore[attr-defined]
        return checked(call)

    return decorate
