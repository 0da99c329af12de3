"""Lookup of runs by run id, commit number, prefix of a plan id, or time; and of commits by number or time.

An ambiguous run id is refused. Older stores may contain such ids, which are resolved here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import chain, count
from numbers import Integral
from typing import Any

from planstore.checks.quoting import quoted
from planstore.checks.times import RULE, utc
from planstore.database.session import Session
from planstore.errors import NotFoundError, RequestError
from planstore.events.hashing import DIGITS
from planstore.ledger.ledger import Ledger

Record = dict[str, Any]
RunName = str | int | datetime
"""Name of a run: a run id, a prefix of a plan id, a commit number, or a time."""

MAX_CHARACTERS = 200
"""Maximum characters of a run id or an idempotency key."""
_NEWEST = {"latest", "newest", "current", "now"}
_PLAN = re.compile(f"[0-9a-f]{{6,{DIGITS}}}")


def checked_name(what: str, name: str | None) -> None:
    """Refuse a run id or an idempotency key that cannot be displayed and typed again.

    Raises:
        RequestError: the name is refused; states the rule.
    """
    rule = f"{what} must be 1 to {MAX_CHARACTERS} characters that can be printed, without a space at either end"
    if name is not None and not (
        isinstance(name, str) and 0 < len(name) <= MAX_CHARACTERS and name.isprintable() and name == name.strip()
    ):
        raise RequestError(f"{rule}, got {quoted(name)}")


def refuse_other_meaning(run_id: str, is_taken: Callable[[str], bool]) -> None:
    """Refuse a run id with another interpretation.

    Raises:
        RequestError: the id is refused; names the interpretation and a free id.
    """
    meaning = _other_meaning(run_id)
    if meaning is not None:
        raise _ambiguous(run_id, meaning, is_taken)


def refuse_plan(session: Session, run_id: str, plan_id: str) -> None:
    """Refuse a run id that is a prefix of a plan id: of a recorded plan's or the run's own.

    Raises:
        RequestError: the id is refused; names a free id.
    """
    if _PLAN.fullmatch(run_id) and (
        plan_id.startswith(run_id) or session.row("ledger/plan_that_starts", start=run_id) is not None
    ):
        raise _ambiguous(
            run_id, "the start of a plan's id", lambda name: bool(session.records("ledger/find_run", run_id=name))
        )


def _other_meaning(run_id: str) -> str | None:
    if run_id.isdecimal():
        return "the number of a commit"
    if ".." in run_id:
        return "a stretch of runs, as in A..B"
    if run_id.startswith("-"):
        return "an option of the command line"
    if run_id.casefold() in _NEWEST:
        return "a word for the newest run"
    return None if _time(run_id) is None else "a time"


def _ambiguous(run_id: str, meaning: str, is_taken: Callable[[str], bool]) -> RequestError:
    stem = f"run-{re.sub(r'[.]{2,}', '-', run_id).strip('-')}".rstrip("-")[: MAX_CHARACTERS - 10]
    free = next(name for name in chain([stem], (f"{stem}-{number}" for number in count(2))) if not is_taken(name))
    return RequestError(
        f"run_id must be a name that can mean nothing else, got {quoted(run_id)}, which is {meaning}: {free!r} is free"
    )


def newest_run(session: Session) -> Record:
    """Return the newest run.

    Raises:
        NotFoundError: there is none.
    """
    rows = session.records("store/newest_run")
    if not rows:
        raise NotFoundError("the ledger holds no run yet: `planstore route CANDIDATES --policy POLICY` makes one")
    return rows[0]


def find_run(session: Session, name: str) -> Record:
    """Return the run of a name; if several runs produced one plan, the newest of them.

    A time (ISO 8601, UTC by default) selects the newest run recorded by then.

    Raises:
        NotFoundError: there is none.
        RequestError: the prefix of a plan id matches several plans.
    """
    rows = session.records("store/find_runs", name=name)
    if not rows:
        moment = _time(name)
        rows = [] if moment is None else session.records("store/run_at", moment=moment)
        if moment is not None and not rows:
            raise NotFoundError(f"no run was recorded by {moment.isoformat()}")
    if not rows:
        raise NotFoundError(
            f"{quoted(name)} is no run, commit, plan or time of this ledger (the start of a plan id: 6 digits or more)"
        )
    exact = [row for row in rows if name in (row["run_id"], str(row["commit_id"]))]
    if len(exact) > 1:
        meant = " and ".join(f"run {row['run_id']!r} of commit {row['commit_id']}" for row in exact)
        raise RequestError(f"a name must mean one run, got {name!r}, which means {meant}: use the other name of one")
    plans = {row["plan_id"] for row in rows}
    if not exact and len(plans) > 1:
        raise RequestError(f"{quoted(name)} fits {len(plans)} plans; give more digits")
    return rows[0]


def find_runs(session: Session, names: Sequence[str]) -> list[Record]:
    """Return the runs of names, oldest first. Each name is a run or a range ``A..B``; no name selects all runs.

    Raises:
        NotFoundError: a name matches no run, or there is no run at all.
    """
    newest_run(session)
    if not names:
        return session.records("store/runs_between", first=0, last=2**62)
    by_commit: dict[int, Record] = {}
    for name in names:
        first, dots, last = name.partition("..")
        if dots and not session.records("ledger/find_run", run_id=name):
            low = find_run(session, first)["commit_id"] if first else 0
            high = find_run(session, last)["commit_id"] if last else 2**62
            runs = session.records("store/runs_between", first=min(low, high), last=max(low, high))
        else:
            runs = [find_run(session, name)]
        by_commit |= {run["commit_id"]: run for run in runs}
    return [by_commit[commit] for commit in sorted(by_commit)]


def find_commit(ledger: Ledger, when: int | datetime | str) -> int:
    """Return the commit of a number, or the newest commit recorded by a time, 0 if there is none.

    A text is a number, or a time in ISO 8601, UTC by default.

    Raises:
        NotFoundError: the ledger has no such commit yet.
        RequestError: a text is neither a number nor a time.
    """
    if isinstance(when, str) and when.isascii() and when.isdigit() and len(when) < 19:
        when = int(when)
    if isinstance(when, Integral):
        last = ledger.last_commit()
        if not 0 <= when <= last:
            has = f"has commits 1 to {last}" if last else "is empty"
            raise NotFoundError(f"there is no commit {when}: the ledger {has}")
        return int(when)
    moment = _time(when)
    if moment is None:
        raise RequestError(f"{quoted(when)} is neither a commit's number nor {RULE}")
    row = ledger.reader().row("store/commit_at", moment=moment)
    return (row and row[0]) or 0


def _time(value: object) -> datetime | None:
    try:
        return utc(value)
    except ValueError:
        return None
