"""Overrides: a person pins the route of a pair or a target, with a reason and an end."""

from __future__ import annotations

import getpass
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from planstore.errors import NotFoundError, RequestError
from planstore.events.canonical import canonical_json, sha256
from planstore.events.commit import utc_text
from planstore.ledger.ledger import OVERRIDE_COMMIT, Ledger
from planstore.ledger.writing import Writing

ROUTES = (
    "ROUTE_CROSS_SECTIONAL",
    "ROUTE_SYMBOL_SPECIFIC",
    "ROUTE_BOTH",
    "ROUTE_EXPERIMENTAL_ONLY",
    "ROUTE_BLOCKED",
)


@dataclass(frozen=True)
class Override:
    """A pin of a pair, or (``symbol`` None) of a target and all its pairs that have no pin of their own.

    Attributes:
        override_id: names it; made of what it says and the commit that recorded it.
        route: the route it gives.
        author: who set it.
        reason: why.
        expires_at: from when it no longer applies, UTC; None: until it is cleared.
    """

    override_id: str
    target: str
    symbol: str | None
    route: str
    author: str
    reason: str
    expires_at: datetime | None

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


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
    if route not in ROUTES:
        raise RequestError(f"{route!r} is no route: {', '.join(ROUTES)}")
    author = author or getpass.getuser()
    for what, text in (("target", target), ("symbol", symbol), ("reason", reason), ("author", author)):
        if text is not None and not (len(text.strip()) > 0 and len(text) <= 1000 and "\0" not in text):
            raise RequestError(f"the {what} of an override has 1 to 1,000 characters, got {text[:80]!r}")
    if expires_at is not None:
        if expires_at.tzinfo is None:
            expires_at = expires_at.replace(tzinfo=UTC)
        if expires_at <= datetime.now(UTC):
            raise RequestError(f"the override would have expired already, at {utc_text(expires_at)}")
    said = {
        "target": target,
        "symbol": symbol,
        "route": route,
        "author": author,
        "reason": reason,
        "expires_at": None if expires_at is None else utc_text(expires_at),
    }
    session = ledger.working()
    try:
        with ledger.writing(session, OVERRIDE_COMMIT, run_id=None, message=f"override: {reason}") as writing:
            override_id = sha256(canonical_json({**said, "commit_id": writing.commit_id}))[:12]
            override = Override(override_id, target, symbol, route, author, reason, expires_at)
            _append(writing, override, cleared=False)
        return override
    finally:
        session.close()


def clear_override(
    ledger: Ledger, target: str, symbol: str | None, *, reason: str = "cleared", author: str | None = None
) -> Override:
    """Record that an override no longer applies.

    Raises:
        NotFoundError: there is none in force on the pair, or on the target itself.
    """
    session = ledger.working()
    try:
        with ledger.writing(session, OVERRIDE_COMMIT, run_id=None, message=f"override: {reason}") as writing:
            session.run("scenario/overrides_in_force")
            found = [
                row
                for row in session.records(
                    "scenario/read_overrides", before_commit=writing.commit_id, moment=writing.recorded_at
                )
                if (row["target"], row["symbol"]) == (target, symbol)
            ]
            if not found:
                name = repr(target) if symbol is None else f"{target!r} on {symbol!r}"
                raise NotFoundError(
                    f"no override is in force on {name}; `planstore override list` shows those that are"
                )
            cleared = Override(**found[0])
            _append(
                writing,
                Override(**{**found[0], "author": author or getpass.getuser(), "reason": reason}),
                cleared=True,
            )
        return cleared
    finally:
        session.close()


def _append(writing: Writing, override: Override, *, cleared: bool) -> None:
    writing.append("overrides", **override.as_dict(), cleared=cleared)
