"""Overrides: routes pinned by people."""

from __future__ import annotations

from datetime import datetime, timedelta

from planstore.api.access import StoreAccess
from planstore.audit.why import absence
from planstore.checks.arguments import checked
from planstore.checks.times import requested_time
from planstore.pages.answers import ResultRows, plural
from planstore.routing.overrides import Override, clear_override, set_override

SOON = timedelta(days=7)
"""The time before the end of an override in which it is warned of."""
OVERRIDE_COLUMNS = ("target", "symbol", "route", "author", "reason", "expires_at")


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
        """Pin the route of a pair or, if ``symbol`` is None, of a target and all its pairs without their own override.

        It applies to every later run until it is cleared or expires; recorded runs do not change.

        Args:
            target: name of the target.
            symbol: name of the symbol.
            route: the pinned route, such as ``ROUTE_BLOCKED``.
            reason: the reason, for readers.
            author: name of the author; None means the user of this process.
            expires_at: expiry time, UTC by default.

        Raises:
            RequestError: an argument is invalid; nothing was written.
        """
        self._access.require_now("overrides.set")
        return set_override(
            self._access.ledger, target, symbol, route, reason=reason, author=author, expires_at=expires_at
        )

    @checked
    def clear(
        self, target: str, symbol: str | None = None, *, reason: str = "cleared", author: str | None = None
    ) -> Override:
        """End an override and return it.

        Raises:
            NotFoundError: there is no such override in force.
        """
        self._access.require_now("overrides.clear")
        return clear_override(self._access.ledger, target, symbol, reason=reason, author=author)

    @checked
    def list(self, *, author: str | None = None, expires_before: datetime | None = None) -> ResultRows[Override]:
        """Return the overrides in force, by target and symbol.

        Args:
            author: select only overrides of this author.
            expires_before: select only overrides that expire before this time, UTC by default.
        """
        before_commit, moment = self._access.moment()
        rows = self._access.session.records("scenario/read_overrides", before_commit=before_commit, moment=moment)
        end = None if expires_before is None else requested_time("expires_before", expires_before)
        overrides = [
            override
            for override in map(Override.recorded, rows)
            if (author is None or override.author == author)
            and (end is None or (override.expires_at is not None and override.expires_at < end))
        ]
        return ResultRows(overrides, f"{plural(len(overrides), 'override')} in force", OVERRIDE_COLUMNS)

    def ending(self, within: timedelta = SOON) -> ResultRows[Override]:
        """Return the overrides in force that expire within a time from now, for a warning before their end."""
        return self.list(expires_before=self._access.moment()[1] + within)

    @checked
    def pinned_pairs(self, target: str) -> tuple[int, int]:
        """Return the number of a target's pairs pinned by the target's override, and of those with their own override.

        The pairs are those of the newest run; a later run may have other pairs, which are pinned too.
        """
        before_commit, moment = self._access.moment()
        rows = self._access.session.records(
            "store/pinned_pairs", target=target, before_commit=before_commit, moment=moment
        )
        pairs, own = rows[0]["pairs"], rows[0]["own"]
        return pairs - own, own

    @checked
    def unknown_to_newest_run(self, target: str, symbol: str | None) -> str | None:
        """Return a sentence about a pair or target without a decision in the newest run, or None if it has one."""
        session = self._access.session
        rows = session.records("store/newest_run")
        if not rows:
            return None
        decided = session.records("audit/why/decision", commit_id=rows[0]["commit_id"], target=target, symbol=symbol)
        return None if decided else "; ".join(absence(session, target, symbol, rows[0]))
