"""Names of runs: a run id, a commit's number, the start of a plan id, or a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from planstore.database import Session
from planstore.errors import NotFoundError, RequestError

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


def _time(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
