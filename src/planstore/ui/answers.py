"""Answers in JSON that are those of a verb, or of one statement."""

from __future__ import annotations

from typing import Any

from planstore.checks.quoting import quoted
from planstore.errors import NotFoundError
from planstore.ledger.embedded.last_verification import last_verification
from planstore.ui.asked import Asked

Record = dict[str, Any]
MOST_NAMES = 12
"""Maximum number of names that a search proposes."""


def verification(asked: Asked) -> Record | None:
    """Return the last verification by ``planstore verify`` on this machine; None without one.

    ``is_of_this_ledger`` tells whether the commit that was the newest then is one of this ledger, as it is not after
    another backup was restored.

    Raises:
        StoreError: the note on it is unreadable.
    """
    ledger = asked.stores.newest.access.ledger
    found = last_verification(ledger.layout.verified)
    if found is None:
        return None
    is_of_this_ledger = found.commit_id == 0 or ledger.has_commit(found.commit_id, found.digest)
    return {**found.as_dict(), "is_of_this_ledger": is_of_this_ledger}


def head(asked: Asked) -> Record:
    """Return the number of the newest commit, which pages ask for to see that there is a newer one."""
    return {"commit_id": asked.stores.last_commit()}


def commit(asked: Asked) -> Record:
    """Return a commit.

    Raises:
        NotFoundError: there is none of this number.
    """
    name = asked.needed("id")
    number = asked.number("id", 0)
    rows: list[Record] = asked.store.access.session.records("ui/one_commit", commit_id=number)
    if not rows:
        raise NotFoundError(f"{quoted(name)} is no commit of this ledger")
    return rows[0]


def names(asked: Asked) -> list[Record]:
    """Return targets and symbols of the newest run whose names contain a text; none without one."""
    part = asked.text("part")
    if part is None:
        return []
    rows: list[Record] = asked.store.access.session.records("ui/find_names", part=part, most=MOST_NAMES)
    return rows


def runs(asked: Asked) -> list[Record]:
    """Return the runs, newest first."""
    return list(asked.store.runs())


def log(asked: Asked) -> list[Record]:
    """Return the answer of ``planstore log``."""
    actor, kind, since, until = (asked.text(name) for name in ("actor", "kind", "since", "until"))
    return list(asked.store.log(actor=actor, kind=kind, since=since, until=until))


def status(asked: Asked) -> Record:
    """Return the progress of a plan."""
    return asked.store.training.progress(asked.text("plan")).as_dict()


def overrides(asked: Asked) -> list[Record]:
    """Return the overrides in force."""
    return [override.as_dict() for override in asked.store.overrides.list(author=asked.text("author"))]


def find(asked: Asked) -> Record:
    """Return the page of the names that contain a text."""
    return {"part": asked.text("part") or "", "names": names(asked)}
