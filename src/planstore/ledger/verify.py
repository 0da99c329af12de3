"""Verification: everything that can be recomputed is recomputed, and each discrepancy is reported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from planstore.database.batches import Batches
from planstore.database.error_translation import unreadable
from planstore.database.session import Session
from planstore.errors import AnchorError, DeniedError, StoreError
from planstore.events.canonical import canonical_json
from planstore.events.commit import GENESIS, utc_text
from planstore.events.digest import RowsDigest
from planstore.events.hashing import digest_of
from planstore.events.prefetch import each_prefetched
from planstore.ledger.foreign_files import irregular_in_store, place, strays
from planstore.ledger.ledger import EVENT_TABLES, Ledger
from planstore.ledger.plan_checks import failed_plan_checks
from planstore.ledger.pruning_statistics import falsehoods
from planstore.ledger.snapshots import shifted_snapshots

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_AT_ONCE = 250_000
"""Maximum events per query, unless a single commit has more."""


@dataclass(frozen=True)
class Finding:
    """A discrepancy.

    Attributes:
        commit_id: the first commit with it; None if it belongs to no commit.
        where: the table, artifact or file.
        problem: the problem, worded to follow ``where``.
    """

    commit_id: int | None
    where: str
    problem: str

    def __str__(self) -> str:
        return f"{f'commit {self.commit_id}, ' if self.commit_id is not None else ''}{self.where}: {self.problem}"


@dataclass(frozen=True)
class Verified:
    """The result of a verification.

    Attributes:
        commits: number of commits in the ledger.
        anchor: the newest commit and its digest.
        findings: discrepancies, by commit; empty if the store is intact.
        unreferenced: digests of unreferenced artifacts, stored by a process that died before its commit.
        orphans: unreferenced parquet files in the store's folder, of a process that died or has not committed yet.
    """

    commits: int
    anchor: str
    findings: Sequence[Finding]
    unreferenced: Sequence[str]
    orphans: Sequence[str] = ()

    @property
    def holds(self) -> bool:
        """Whether there are no findings."""
        return not self.findings

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return {
            "holds": self.holds,
            "commits": self.commits,
            "anchor": self.anchor,
            "findings": [vars(finding) for finding in self.findings],
            "unreferenced": list(self.unreferenced),
            "orphans": list(self.orphans),
        }


@dataclass(frozen=True)
class Anchor:
    """A commit's number and digest, archived elsewhere: a store with this commit extends the anchored store."""

    commit_id: int
    digest: str
    signature: str | None = None

    def __str__(self) -> str:
        return f"{self.commit_id}:{self.digest}"

    @classmethod
    def parse(cls, text: str) -> Anchor:
        """Parse ``commit:digest`` or ``commit:digest:signature``.

        Raises:
            AnchorError: the text is not an anchor.
        """
        number, digest, signature, *more = [*text.strip().split(":"), "", ""]
        digits = digest.lower()
        if any(more) or not (
            number.isascii() and number.isdigit() and len(digits) == 64 and set(digits) <= set("0123456789abcdef")
        ):
            raise AnchorError(f"{text[:100]!r} is no anchor; one reads commit:digest, as `planstore anchor` prints it")
        return cls(int(number), digits, signature or None)


def anchor(ledger: Ledger) -> Anchor:
    """Return the newest commit and its digest; an empty ledger has commit 0 with a digest of zeros."""
    row = ledger.reader().row("ledger/last_commit")
    return Anchor(int(row[0]), str(row[1])) if row else Anchor(0, GENESIS)


def verify(ledger: Ledger, expected: Anchor | None = None) -> Verified:
    """Verify the whole ledger; see :func:`findings`.

    Findings that appear while writers are active are checked again without writers: they may stem from two snapshots.
    """
    before = _snapshot(ledger)
    ordered = _sorted(findings(ledger, expected))
    if ordered and _snapshot(ledger) != before:
        with ledger.quiet():
            ordered = _sorted(findings(ledger, expected))
    try:
        with unreadable("the ledger"):
            newest = anchor(ledger)
            named = {digest for _, digest, _ in ledger.reader().rows("verify/artifacts")}
            orphans = strays(ledger.reader(), ledger.folder).orphans
    except StoreError:
        return Verified(0, str(Anchor(0, GENESIS)), ordered, [])
    return Verified(newest.commit_id, str(newest), ordered, sorted(ledger.artifacts.digests() - named), orphans)


def _sorted(unsorted: Iterator[Finding]) -> list[Finding]:
    return sorted(unsorted, key=lambda finding: (finding.commit_id is None, finding.commit_id or 0))


def _snapshot(ledger: Ledger) -> int | None:
    """Return the catalog's newest snapshot, or None if it is unreadable, which is reported as a finding."""
    try:
        with unreadable("the ledger"):
            row = ledger.reader().row("ledger/current_snapshot")
    except StoreError:
        return None
    return int(row[0]) if row else None


def findings(ledger: Ledger, expected: Anchor | None = None) -> Iterator[Finding]:
    """Yield the discrepancies of the ledger: of commits and their events, then of plans, policies and artifacts.

    Args:
        ledger: the ledger.
        expected: an anchor that the ledger must extend.
    """
    for path, kind_name in irregular_in_store(ledger.folder):
        yield Finding(None, place(ledger.folder, path), f"{path.relative_to(ledger.folder)} is {kind_name}")
    try:
        with unreadable("the ledger"):
            session = ledger.reader()
            commits = session.records("verify/commits")
    except StoreError as error:
        yield _finding(None, "commits", error)
        return
    yield from _chain(commits, expected)
    numbered = [commit for commit in commits if commit["commit_id"] is not None]
    for table in EVENT_TABLES:
        try:
            with unreadable("the ledger"):
                yield from event_findings(session, table, numbered)
        except StoreError as error:
            yield _finding(None, table, error)
    for check in (
        _row_counts,
        _positions_of,
        _filters,
        _definitions,
        _snapshots,
        _policies,
        _plans,
        _documents,
        _artifacts,
    ):
        try:
            with unreadable("the ledger"):
                yield from check(ledger, session, commits)
        except StoreError as error:
            yield _finding(None, check.__name__.strip("_").replace("_", " "), error)


def _finding(commit_id: int | None, where: str, error: StoreError) -> Finding:
    """Return a finding from an error; raise the error if it is about access and not about the store's content."""
    if isinstance(error, DeniedError):
        raise error
    return Finding(commit_id, where, str(error))


def _chain(commits: list[dict[str, Any]], expected: Anchor | None) -> Iterator[Finding]:
    """Check numbers, header digests and previous digests of the commits, and the expected anchor."""
    previous = GENESIS
    for number, commit in enumerate(commits, 1):
        commit_id = commit["commit_id"]
        if commit_id != number:
            yield Finding(number, "commits", f"commit {number} is missing; the next is {commit_id}")
            break
        if commit["previous_digest"] != previous:
            yield Finding(
                number, "commits", f"it follows {commit['previous_digest']}, but commit {number - 1} is {previous}"
            )
        digest = _header_digest(commit)
        if commit["digest"] != digest:
            yield Finding(number, "commits", f"its header has the digest {digest}, recorded is {commit['digest']}")
        previous = commit["digest"]
    if expected is not None and expected.commit_id > 0:
        if expected.commit_id > len(commits):
            yield Finding(
                expected.commit_id,
                "anchor",
                f"the ledger ends with commit {len(commits)}, so it lost what was anchored",
            )
        elif commits[expected.commit_id - 1]["digest"] != expected.digest:
            yield Finding(
                expected.commit_id,
                "anchor",
                f"its digest is {commits[expected.commit_id - 1]['digest']}, anchored was {expected.digest}",
            )


def _header_digest(commit: Mapping[str, Any]) -> str:
    header = {name: value for name, value in commit.items() if name != "digest"}
    if isinstance(header["recorded_at"], datetime):
        header["recorded_at"] = utc_text(header["recorded_at"])
    try:
        return digest_of(canonical_json(header))
    except TypeError as error:
        return f"none: {error}"


def event_findings(session: Session, table: str, commits: list[dict[str, Any]]) -> Iterator[Finding]:
    """Check the number and digest of each commit's rows in a table against its header."""
    counted = {
        commit["commit_id"]: count for commit in commits for count in commit["counts"] or () if count["table"] == table
    }
    for first, last in _ranges(counted, len(commits)):
        try:
            with unreadable("the ledger"):
                read = _digests(session.batches("ledger/read_events", table=table, first=first, last=last))
        except StoreError as error:
            holders = [number for number in counted if first <= number <= last]
            if len(holders) > 1:
                yield from _unreadable_of(session, table, holders)
            else:
                yield _finding(holders[0] if holders else first, table, error)
            continue
        for commit_id in sorted(read.keys() | {number for number in counted if first <= number <= last}):
            count = counted.get(commit_id, {"rows": 0, "digest": None})
            rows, digest = read.get(commit_id, (0, None))
            if rows != count["rows"]:
                yield Finding(commit_id, table, f"it holds {rows} rows, its header counts {count['rows']}")
            elif digest != count["digest"]:
                yield Finding(commit_id, table, f"its rows have the digest {digest}, its header says {count['digest']}")


def _unreadable_of(session: Session, table: str, commits: Sequence[int]) -> Iterator[Finding]:
    """Read some commits one by one, and yield a finding for each unreadable one."""
    for number in commits:
        try:
            with unreadable("the ledger"):
                session.batches("ledger/read_events", table=table, first=number, last=number).read_all()
        except StoreError as error:
            yield _finding(number, table, error)


def _ranges(counted: Mapping[int, Mapping[str, Any]], last_commit: int) -> Iterator[tuple[int, int]]:
    """Yield ranges that cover all commits, each with at most ROWS_AT_ONCE rows or a single commit."""
    first, rows = 1, 0
    for commit_id in sorted(counted):
        size = counted[commit_id]["rows"]
        if rows and rows + size > ROWS_AT_ONCE:
            yield first, commit_id - 1
            first, rows = commit_id, 0
        rows += size
    if last_commit:
        yield first, max(last_commit, first)


def _digests(batches: Batches) -> dict[int, tuple[int, str]]:
    """Return the number and digest of each commit's rows, from batches in commit order."""
    digests: dict[int, tuple[int, str]] = {}
    number, digest = 0, RowsDigest(batches.schema)

    def finish() -> None:
        if digest.rows:
            digests[number] = (digest.rows, digest.hexdigest())

    def update(batch: pa.RecordBatch) -> None:
        nonlocal number, digest
        for commit_id, rows in _by_commit(batch):
            if commit_id != number:
                finish()
                number, digest = commit_id, RowsDigest(batches.schema)
            digest.update(rows)

    each_prefetched(batches, update)
    finish()
    return digests


def _by_commit(batch: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield each commit's rows in a batch that is in commit order."""
    import numpy as np

    numbers = batch.column(0).to_numpy(zero_copy_only=False)
    starts = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist()]
    for start, end in zip(starts, [*starts[1:], len(numbers)], strict=True):
        yield int(numbers[start]), batch.slice(start, end - start)


def _row_counts(_: Ledger, session: Session, commits: list[dict[str, Any]]) -> Iterator[Finding]:
    """Check that no table has rows of missing commits."""
    counted = dict.fromkeys(EVENT_TABLES, 0)
    for commit in commits:
        for count in commit["counts"] or ():
            counted[count["table"]] = counted.get(count["table"], 0) + count["rows"]
    stated = dict(session.rows("verify/stated_row_counts"))
    for table, rows in session.rows("verify/row_counts"):
        if rows != counted[table]:
            yield Finding(None, table, f"it holds {rows} rows, all headers together count {counted[table]}")
        elif stated[table] != rows:
            yield Finding(None, table, f"the catalog says that it holds {stated[table]} rows, it holds {rows}")


def _positions_of(_: Ledger, session: Session, __: list[dict[str, Any]]) -> Iterator[Finding]:
    """Check that positions within a commit are unique and without gaps, over all its tables."""
    for commit_id, problem in session.rows("verify/positions"):
        yield Finding(commit_id, "positions", problem)


def _filters(ledger: Ledger, session: Session, _: list[dict[str, Any]]) -> Iterator[Finding]:
    """Check that filtered queries find all rows: no pruning statistic is false."""
    for table, commit_id, problem in falsehoods(session, ledger.layout.data):
        yield Finding(commit_id, table, problem)


def _definitions(ledger: Ledger, session: Session, _: list[dict[str, Any]]) -> Iterator[Finding]:
    """Check that the catalog has no foreign objects, and the folders no foreign files."""
    for kind, name in session.rows("verify/foreign_objects"):
        yield Finding(None, "catalog", f"the {kind} {name} is there, and is none of the store's")
    for where, problem in session.rows("verify/foreign_definitions"):
        yield Finding(None, where, problem)
    for where, problem in strays(session, ledger.folder).strangers:
        yield Finding(None, where, problem)


def _snapshots(_: Ledger, session: Session, __: list[dict[str, Any]]) -> Iterator[Finding]:
    """Check that the catalog states the same snapshot for all rows of a commit."""
    for where, commit_id, problem in shifted_snapshots(session):
        yield Finding(commit_id, where, problem)


def _policies(_: Ledger, session: Session, __: list[dict[str, Any]]) -> Iterator[Finding]:
    for commit_id, policy_id, document in session.rows("verify/policies"):
        digest = digest_of(document.encode())
        if digest != policy_id:
            yield Finding(commit_id, "policies", f"the document of policy {policy_id} has the digest {digest}")


def _plans(ledger: Ledger, session: Session, _: list[dict[str, Any]]) -> Iterator[Finding]:
    """Check each plan against its decisions, its jobs and its canonical document."""
    session.run("verify/commit/decisions")
    session.run("verify/commit/jobs")
    for plan in session.records("verify/plans"):
        commit_id = plan["commit_id"]
        session.run("verify/commit/set_commit", commit_id=commit_id)
        for check, rows in failed_plan_checks(session):
            yield Finding(commit_id, "jobs", f"{check}: {len(rows)}, the first is {rows[0]}")
        try:
            document = orjson.loads(ledger.artifacts.get(plan["artifact"]))
        except (StoreError, orjson.JSONDecodeError):
            continue  # because the artifact has a finding of its own
        for name in ("evidence_id", "policy_id", "rules_id"):
            if document.get(name) != plan[name]:
                yield Finding(commit_id, "plans", f"plan {plan['plan_id']} names another {name} than its run")


def _documents(_: Ledger, session: Session, __: list[dict[str, Any]]) -> Iterator[Finding]:
    session.run("projections/derived_plan_documents")
    for plan_id, view, key, problem in session.rows("verify/documents"):
        yield Finding(None, "plan_documents", f"{view}/{key} of plan {plan_id} {problem}; `planstore rebuild` mends it")


def _artifacts(ledger: Ledger, session: Session, _: list[dict[str, Any]]) -> Iterator[Finding]:
    """Check each artifact against its digest, unreferenced ones included, because a later event may refer to them."""
    named = session.rows("verify/artifacts")
    unnamed = sorted(ledger.artifacts.digests() - {digest for _, digest, _ in named})
    for commit_id, digest, size in [*named, *((None, digest, None) for digest in unnamed)]:
        try:
            content = ledger.artifacts.get(digest)
        except StoreError as error:
            yield _finding(commit_id, "artifacts", error)
            continue
        if size is not None and len(content) != size:
            yield Finding(commit_id, "artifacts", f"artifact {digest} has {len(content)} bytes, recorded are {size}")
