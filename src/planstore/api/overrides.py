"""Overrides: routes that people pin."""

from __future__ import annotations

import builtins
from datetime import datetime

from planstore.api.access import StoreAccess
from planstore.audit.why import absence
from planstore.checks.arguments import checked
from planstore.routing.overrides import Override, clear_override, set_override


class Overrides:
    """The overrides of a store, as ``store.overrides``."""

    def __init__(self, access: StoreAccess) -> None:
        self._access = access

    @checked
    def set(
        self,
        target: str,
        symbol: str | None,
        route: str,
        *,
        reason: str,
        author: str | None = None,
        expires_at: datetime | None = None,
    ) -> Override:
        """Pin the route of a pair, or (``symbol`` None) of a target and all its pairs that have no pin of their own.

        It applies to every run decided from now on, until it is cleared or expires; runs that are recorded stay.

        Args:
            target: a target's name.
            symbol: a symbol's name.
            route: the route to give, as ``ROUTE_BLOCKED``.
            reason: why; people read it.
            author: who says so; the user of this process when None.
            expires_at: from when it no longer applies (UTC where no zone is given).

        Raises:
            RequestError: something is wrong with what was given; nothing was written.
        """
        self._access.require_now("overrides.set")
        return set_override(
            self._access.ledger, target, symbol, route, reason=reason, author=author, expires_at=expires_at
        )

    @checked
    def clear(
        self, target: str, symbol: str | None = None, *, reason: str = "cleared", author: str | None = None
    ) -> Override:
        """End an override and return what it was.

        Raises:
            NotFoundError: none is in force there.
        """
        self._access.require_now("overrides.clear")
        return clear_override(self._access.ledger, target, symbol, reason=reason, author=author)

    def list(self) -> builtins.list[Override]:
        """Return the overrides in force, by target and symbol."""
        before_commit, moment = self._access.moment()
        rows = self._access.session.records("scenario/read_overrides", before_commit=before_commit, moment=moment)
        return [Override.recorded(row) for row in rows]

    @checked
    def pinned_pairs(self, target: str) -> tuple[int, int]:
        """Return how many pairs of a target an override of the target pins, and how many have a pin of their own.

        Pairs are those of the newest run; a later run may hold others, which are pinned as well.
        """
        before_commit, moment = self._access.moment()
        found = self._access.session.records(
            "store/pinned_pairs", target=target, before_commit=before_commit, moment=moment
        )
        pairs, own = found[0]["pairs"], found[0]["own"]
        return pairs - own, own

    @checked
    def unknown_to_newest_run(self, target: str, symbol: str | None) -> str | None:
        """Return a sentence that says so when the newest run decided nothing on a pair or target, None when it did."""
        session = self._access.session
        found = session.records("store/newest_run")
        if not found:
            return None
        decided = self._access.session.records(
            "audit/why/decision", commit_id=found[0]["commit_id"], target=target, symbol=symbol
        )
        return None if decided else "; ".join(absence(session, target, symbol, found[0]))
