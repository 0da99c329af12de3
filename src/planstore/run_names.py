"""Names of runs: a run id, a commit's number, the start of a plan id, or a time; and of commits: a number or a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from planstore.database import Session
from planstore.errors import NotFoundError, RequestError
from planstore.ledger.ledger import Ledger

Record = dict[str, Any]


def newest_run(session: Session) -> Record:
    """Return the newest run.

    Raises:
        NotFoundError: there is none.
    """
    found = session.records("store/newest_run")
    if not found:
        raise NotFoundError("the ledger holds no run yet")
    return found[0]


def find_run(session: Session, name: str) -> Record:
    """Return the run that a name means; of several that arrived at one plan, the newest.

    A time (ISO 8601, UTC where no zone is given) means the newest run that was recorded by then.

    Raises:
        NotFoundError: there is none.
        RequestError: the start of a plan id fits several plans.
    """
    found = session.records("store/find_runs", name=name)
    if not found:
        moment = _time(name)
        found = [] if moment is None else session.records("store/run_at", moment=moment)
        if moment is not None and not found:
            raise NotFoundError(f"no run was recorded by {moment.isoformat()}")
    if not found:
        raise NotFoundError(
            f"{name!r} is no run, commit, plan or time of this ledger (the start of a plan id: 6 digits or more)"
        )
    is_exact = name in (found[0]["run_id"], str(found[0]["commit_id"]))
    plans = {row["plan_id"] for row in found}
    if not is_exact and len(plans) > 1:
        raise RequestError(f"{name!r} fits {len(plans)} plans; give more digits")
    return found[0]


def find_runs(session: Session, names: Sequence[str]) -> list[Record]:
    """Return the runs that names mean, oldest first: each a run, or a stretch ``A..B`` of them; all runs for no name.

    Raises:
        NotFoundError: a name means no run, or there is no run at all.
    """
    newest_run(session)
    if not names:
        return session.records("store/runs_between", first=0, last=2**62)
    found: dict[int, Record] = {}
    for name in names:
        first, dots, last = name.partition("..")
        if dots:
            low = find_run(session, first)["commit_id"] if first else 0
            high = find_run(session, last)["commit_id"] if last else 2**62
            runs = session.records("store/runs_between", first=min(low, high), last=max(low, high))
        else:
            runs = [find_run(session, name)]
        found |= {run["commit_id"]: run for run in runs}
    return [found[commit] for commit in sorted(found)]


def find_commit(ledger: Ledger, when: int | datetime | str) -> int:
    """Return the commit that a number means, or the newest one recorded by a time; 0 where there was none.

    A text is a number, or a time in ISO 8601; UTC where no zone is given.

    Raises:
        NotFoundError: the ledger has no such commit yet.
        RequestError: a text is neither a number nor a time.
    """
    if isinstance(when, str) and when.isascii() and when.isdigit() and len(when) < 19:
        when = int(when)
    if isinstance(when, int):
        last = ledger.last_commit()
        if not 0 <= when <= last:
            has = f"has commits 1 to {last}" if last else "is empty"
            raise NotFoundError(f"there is no commit {when}: the ledger {has}")
        return when
    moment = _time(when) if isinstance(when, str) else _in_utc(when)
    if moment is None:
        raise RequestError(
            f"{str(when)[:80]!r} is neither a commit's number nor a time in ISO 8601, as 2022-12-31T00:00:00Z is"
        )
    row = ledger.confined().row("store/commit_at", moment=moment)
    return (row and row[0]) or 0


def _time(text: str) -> datetime | None:
    try:
        return _in_utc(datetime.fromisoformat(text))
    except ValueError:
        return None


def _in_utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
