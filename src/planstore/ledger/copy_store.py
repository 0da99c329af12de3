"""Copies of ledgers between any two storages: event by event, in commit order, with the same digests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from planstore.database.batches import BATCH_ROWS
from planstore.database.session import Session
from planstore.errors import ConflictError, StoreError
from planstore.ledger.ledger import EVENT_TABLES, Ledger
from planstore.ledger.row_digests import CommitRows, Counted, counted_rows, read_commits, read_files
from planstore.ledger.storage import ArtifactStorage, DataStorage
from planstore.pages.answers import Answer, plural

ROWS_AT_ONCE = 2_000_000
"""Maximum events per transaction, unless a single commit has more."""
ARTIFACT_THREADS = 8
LAST = 2**62
"""A number greater than any commit id."""


@dataclass(frozen=True, repr=False)
class Copied(Answer):
    """The result of a copy.

    Attributes:
        commit_id: the newest commit of the copy.
        commits: number of commits that were copied now.
        events: number of their events.
        artifacts: number of artifacts that were copied now.
    """

    commit_id: int
    commits: int
    events: int
    artifacts: int

    def __str__(self) -> str:
        return (
            f"Copied {plural(self.commits, 'commit')} with {plural(self.events, 'event')} and "
            f"{plural(self.artifacts, 'artifact')}; the copy is at commit {self.commit_id}."
        )

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return asdict(self)


def copy(source: Ledger, target: Ledger, progress: Callable[[str], None] = lambda _: None) -> Copied:
    """Copy the commits of ``source`` that ``target`` lacks, while writers of ``source`` continue.

    Each transaction copies whole commits, and its rows are read back and compared with the digests of the commits. A
    copy that was killed is continued by the next call.

    Args:
        source: the ledger to copy.
        target: an empty ledger, or an earlier copy of ``source``.
        progress: callback that receives the name of each step before it runs.

    Raises:
        ConflictError: ``target`` is no earlier state of ``source``.
        StoreError: a row or an artifact cannot be read or written, or has another digest; the transaction was rolled
            back.
    """
    target.create()
    done = _last_copied(source, target)
    commits = source.reader().records("copy/commits", first=done + 1, last=LAST)
    artifacts = _artifacts_by_commit(source.reader())
    events = copied = 0
    for part in _parts(commits):
        first, last = part[0]["commit_id"], part[-1]["commit_id"]
        progress(f"copying commits {first:,} to {last:,} of {commits[-1]['commit_id']:,}")
        digests = [digest for number, digest in artifacts if first <= number <= last]
        copied += _copy_artifacts(source.artifacts, target.artifacts, digests)
        events += _copy_commits(source, target, part)
    return Copied(commits[-1]["commit_id"] if commits else done, len(commits), events, copied)


def _last_copied(source: Ledger, target: Ledger) -> int:
    """Return the number of the newest commit of ``target``, 0 if it is empty.

    Raises:
        ConflictError: ``source`` has no such commit with the same digest.
    """
    last = target.reader().row("ledger/last_commit")
    if last is None:
        return 0
    if not source.has_commit(last[0], last[1]):
        raise ConflictError(
            f"{target.storage.name} must be empty or an earlier copy of {source.storage.name}, got another ledger, "
            f"whose commit {last[0]} is not there: name another place"
        )
    return int(last[0])


def _parts(commits: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield consecutive commits that are copied together."""
    part: list[dict[str, Any]] = []
    rows = 0
    for commit in commits:
        size = sum(count["rows"] for count in commit["counts"] or ())
        if part and rows + size > ROWS_AT_ONCE:
            yield part
            part, rows = [], 0
        part.append(commit)
        rows += size
    if part:
        yield part


def _artifacts_by_commit(session: Session) -> list[tuple[int, str]]:
    """Return each artifact that an event names, with the first commit that does."""
    return [(commit_id, digest) for commit_id, digest, _ in session.rows("verify/artifacts")]


def _copy_artifacts(source: ArtifactStorage, target: ArtifactStorage, digests: Sequence[str]) -> int:
    """Copy artifacts that ``target`` lacks, and return their number."""

    def copied(digest: str) -> bool:
        if target.has(digest):
            return False
        target.put(source.get(digest))
        return True

    with ThreadPoolExecutor(ARTIFACT_THREADS) as copying:
        return sum(copying.map(copied, dict.fromkeys(digests)))


def _copy_commits(source: Ledger, target: Ledger, commits: Sequence[Mapping[str, Any]]) -> int:
    """Copy the events of some commits in one transaction, and return their number."""
    first, last = commits[0]["commit_id"], commits[-1]["commit_id"]
    counted = {table: counted_rows(commits, table) for table in EVENT_TABLES}
    data = target.storage.data
    with target.locked(), ThreadPoolExecutor(max_workers=1) as checking:
        session, before, checks = target.writer(), data.files(), list[Future[None]]()
        try:
            if target.last_commit() != first - 1:
                raise StoreError(f"{target.storage.name} was written while it was copied to: copy again")
            with session.transaction():
                for table in (name for name in EVENT_TABLES if counted[name]):
                    # in batches of whole row groups, because each thread writes a batch
                    rows = source.reader().batches(
                        "ledger/read_events", BATCH_ROWS, table=table, first=first, last=last
                    )
                    with session.registered("copied", rows.stream()):
                        session.run(f"copy/append_{table}")
                    if files := sorted(data.files_of(table) - before):
                        # on a thread, while the next table is written
                        checks.append(checking.submit(_check_files, data, files, table, counted[table]))
                    else:
                        _check_digests(table, read_commits(session, table, first, last, counted[table]), counted[table])
                header = source.reader().batches("copy/commits", first=first, last=last)
                with session.registered("copied", header.stream()):
                    session.run("copy/append_commits")
                session.run("projections/derived_plan_documents")
                session.run("projections/append_plan_documents", first_commit=first, last_commit=last)
                for check in checks:
                    check.result()
                data.make_durable(data.files() - before)
        finally:
            session.close()
    return sum(count.rows for of_table in counted.values() for count in of_table.values())


def _check_files(data: DataStorage, files: Sequence[str], table: str, counted: Mapping[int, Counted]) -> None:
    """Check the rows in new files, which read faster than through the transaction."""
    _check_digests(table, read_files(data, files, counted), counted)


def _check_digests(table: str, read: CommitRows, counted: Mapping[int, Counted]) -> None:
    """Check the rows that were copied against the headers of their commits.

    Raises:
        StoreError: a commit has other rows.
    """
    expected = {number: (count.rows, count.digest) for number, count in counted.items()}
    for number in sorted(read.digests.keys() | expected.keys()):
        if read.digests.get(number) != expected.get(number):
            raise StoreError(
                f"commit {number} was not copied as it is: {table} has the rows and digest {read.digests.get(number)}, "
                f"its header says {expected.get(number)}; look at the source with `planstore verify`"
            )
