"""Recording of outcomes: one commit, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from planstore.database.session import Session
from planstore.errors import OutcomesError, RequestError
from planstore.events.digest import StagedRows
from planstore.events.outcome import Outcome
from planstore.events.vocabulary import CommitKind
from planstore.ledger.ledger import Ledger
from planstore.outcomes.promises import Promises
from planstore.pages.answers import Answer, plural

if TYPE_CHECKING:
    import pyarrow as pa

PROBLEMS = 20
"""Maximum number of problems that a message lists."""


@dataclass(frozen=True, repr=False)
class RecordedOutcomes(Answer):
    """The result of recording outcomes.

    Attributes:
        commit_id: the commit; None where every outcome was recorded before.
        recorded: number of outcomes that were recorded now.
        known: number of outcomes that were recorded before, with the same values.
        runs: run ids of the outcomes, sorted.
    """

    commit_id: int | None
    recorded: int
    known: int
    runs: Sequence[str]

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        before = f"; {self.known:,} were recorded before" if self.known else ""
        if self.commit_id is None:
            return f"Nothing is new{before}."
        return (
            f"Recorded {plural(self.recorded, 'outcome')} of {plural(len(self.runs), 'run')} in commit "
            f"{self.commit_id}{before}."
        )


def record_outcomes(
    ledger: Ledger, session: Session, where: str, rows: Sequence[Mapping[str, Any]]
) -> RecordedOutcomes:
    """Check outcomes against the runs that promised them, and record those that are new in one commit.

    Args:
        ledger: the ledger.
        session: a read-only session of the store, with views.
        where: name of the rows' source, for messages.
        rows: the fields of :class:`Outcome`, and ``run_id``.

    Raises:
        OutcomesError: an outcome is invalid, contradicts its run, overlaps what evidence or model have seen, or is
            recorded with other values; nothing was recorded.
    """
    checked = _checked(Promises(session, ledger.artifacts, rows), where, rows)
    runs = sorted({run_id for run_id, _ in checked})
    writer = ledger.writer()
    try:
        with ledger.commit(writer, CommitKind.OUTCOMES, run_id=None, message=_message(checked, runs)) as builder:
            known = _known(writer, runs)
            new = []
            for number, (run_id, outcome) in enumerate(checked, 1):
                earlier = known.get((run_id, *outcome.key))
                if earlier is None:
                    new.append((run_id, outcome))
                elif earlier != outcome:
                    raise OutcomesError(
                        f"{where}: row {number}: {outcome.name} of run {run_id} is recorded with other values, score "
                        f"{earlier.score:g}, got {outcome.score:g}: an outcome never changes; leave the row out"
                    )
            if new:
                content = _table(writer, new)
                with writer.registered("recorded_outcomes", _placed(content)):
                    builder.append_staged("outcomes", StagedRows(content))
    finally:
        writer.close()
    return RecordedOutcomes(builder.commit_id if new else None, len(new), len(checked) - len(new), runs)


def _message(checked: Sequence[tuple[str, Outcome]], runs: Sequence[str]) -> str:
    return f"{plural(len(checked), 'outcome')} of {runs[0] if len(runs) == 1 else plural(len(runs), 'run')}"


def _checked(promises: Promises, where: str, rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, Outcome]]:
    problems, found = [], []
    places: dict[tuple[Any, ...], int] = {}
    for number, row in enumerate(rows, 1):
        try:
            outcome = promises.checked(row)
        except RequestError as error:
            problems.append(f"  row {number}: {error}")
            continue
        first = places.setdefault((row["run_id"], *outcome.key), number)
        if first != number:
            problems.append(f"  row {number}: {outcome.name} must be given once, got it on row {first} too: drop one")
        found.append((str(row["run_id"]), outcome))
    if problems:
        if len(problems) > PROBLEMS:
            problems[PROBLEMS:] = [f"  and {len(problems) - PROBLEMS} more problems: mend these first"]
        raise OutcomesError("\n".join([f"{where}: refused", *problems]))
    return found


def _known(session: Session, runs: Sequence[str]) -> dict[tuple[Any, ...], Outcome]:
    """Return the recorded outcomes of runs, by run and key."""
    found = {}
    for row in session.records("ledger/known_outcomes", runs=list(runs)):
        run_id = row.pop("run_id")
        outcome = Outcome(**row)
        found[(run_id, *outcome.key)] = outcome
    return found


def _table(session: Session, outcomes: Sequence[tuple[str, Outcome]]) -> pa.Table:
    """Return the rows in the columns of the table, without commit and position."""
    import pyarrow as pa

    schema = session.schema("lake.outcomes")
    columns = [column for column in schema if column.name not in ("commit_id", "position")]
    return pa.Table.from_pylist([{**outcome.as_row(), "run_id": run_id} for run_id, outcome in outcomes],
                                pa.schema(columns))  # fmt: skip


def _placed(content: pa.Table) -> pa.Table:
    import pyarrow as pa

    return content.add_column(0, "position", pa.array(range(1, content.num_rows + 1), pa.int32()))
