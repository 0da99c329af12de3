"""Overrides: a person pins the route of a pair or a target, with a reason and an end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from planstore.checks.quoting import quoted
from planstore.checks.times import requested_time
from planstore.errors import NotFoundError, RequestError
from planstore.events import fields
from planstore.events.canonical import canonical_json
from planstore.events.commit import actor, utc_text
from planstore.events.hashing import digest_of
from planstore.events.vocabulary import CommitKind, Route
from planstore.ledger.commit_builder import CommitBuilder
from planstore.ledger.ledger import Ledger
from planstore.pages.answers import Answer


@dataclass(frozen=True, repr=False)
class Override(Answer):
    """A pin of a pair, or (``symbol`` None) of a target and all its pairs that have no pin of their own.

    Attributes:
        override_id: its id, a digest of its fields and of the commit that recorded it.
        route: the route it gives.
        author: who set it.
        reason: why.
        expires_at: from when it no longer applies, UTC; None: until it is cleared.

    Raises:
        RequestError: a field is invalid.
    """

    override_id: str
    target: str
    symbol: str | None
    route: str
    author: str
    reason: str
    expires_at: datetime | None

    def __post_init__(self) -> None:
        fields.keep(
            self,
            override_id=fields.name("override_id", self.override_id),
            target=fields.name("target", self.target),
            symbol=fields.optional_name("symbol", self.symbol),
            route=fields.one_of("route", self.route, tuple(Route)),
            author=fields.name("author", self.author),
            reason=fields.name("reason", self.reason),
            expires_at=None if self.expires_at is None else requested_time("expires_at", self.expires_at),
        )

    @classmethod
    def recorded(cls, row: dict[str, Any]) -> Override:
        """Return an override that the ledger holds, as it is there: older versions of planstore checked less."""
        override = object.__new__(cls)
        for name, value in row.items():
            object.__setattr__(override, name, value)
        return override

    def recorded_in(self, commit_id: int) -> Override:
        """Return the override with the name that it has in the commit that records it."""
        said = self.as_dict() | {"commit_id": commit_id}
        del said["override_id"]
        said["expires_at"] = None if self.expires_at is None else utc_text(self.expires_at)
        return replace(self, override_id=digest_of(canonical_json(said))[:12])

    def __str__(self) -> str:
        name = self.target if self.symbol is None else f"{self.target} on {self.symbol}"
        until = "it is cleared" if self.expires_at is None else f"{self.expires_at:%Y-%m-%d %H:%M UTC}"
        return f"{name} is pinned to {self.route} by {self.author} until {until}: {self.reason}"

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return dict(vars(self))


def set_override(
    ledger: Ledger,
    target: str,
    symbol: str | None,
    route: str,
    *,
    reason: str,
    author: str | None = None,
    expires_at: datetime | None = None,
) -> Override:
    """Record an override; it applies to every run decided from now on, and replaces an earlier one of the same pair.

    Raises:
        RequestError: the route is none, there is no reason, the end has passed, or a name cannot be one.
    """
    said = Override("to be recorded", target, symbol, route, actor() if author is None else author, reason, expires_at)
    session = ledger.writer()
    try:
        with ledger.commit(session, CommitKind.OVERRIDE, run_id=None, message=f"override: {reason}") as builder:
            now = builder.recorded_at
            if said.expires_at is not None and said.expires_at <= now:
                raise RequestError(f"expires_at must be later than {utc_text(now)}, got {utc_text(said.expires_at)}")
            override = said.recorded_in(builder.commit_id)
            _append(builder, override, cleared=False)
        return override
    finally:
        session.close()


def clear_override(
    ledger: Ledger, target: str, symbol: str | None, *, reason: str = "cleared", author: str | None = None
) -> Override:
    """Record that an override no longer applies.

    Raises:
        NotFoundError: there is none in force on the pair, or on the target itself.
        RequestError: a name or the reason cannot be one.
    """
    fields.optional_name("target", target)  # None: an older planstore took it, so that it can be cleared
    fields.optional_name("symbol", symbol)
    by = actor() if author is None else fields.name("author", author)
    fields.name("reason", reason)
    session = ledger.writer()
    try:
        with ledger.commit(session, CommitKind.OVERRIDE, run_id=None, message=f"override: {reason}") as builder:
            session.run("scenario/overrides_in_force")
            found = [
                row
                for row in session.records(
                    "scenario/read_overrides", before_commit=builder.commit_id, moment=builder.recorded_at
                )
                if (row["target"], row["symbol"]) == (target, symbol)
            ]
            if not found:
                name = quoted(target) if symbol is None else f"{quoted(target)} on {quoted(symbol)}"
                raise NotFoundError(
                    f"no override is in force on {name}; `planstore override list` shows those that are"
                )
            _append(builder, Override.recorded({**found[0], "author": by, "reason": reason}), cleared=True)
        return Override.recorded(found[0])
    finally:
        session.close()


def _append(builder: CommitBuilder, override: Override, *, cleared: bool) -> None:
    builder.append("overrides", **override.as_dict(), cleared=cleared)
