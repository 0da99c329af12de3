"""Verify: everything that can be recomputed is recomputed, and what does not hold is named."""

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
"""Events that are read in one query, unless a single commit holds more."""


@dataclass(frozen=True)
class Finding:
    """Something that does not hold.

    Attributes:
        commit_id: the first commit that it shows in; None where it belongs to no commit.
        where: the table, artifact or file.
        problem: what is wrong, as the end of a sentence that begins with ``where``.
    """

    commit_id: int | None
    where: str
    problem: str

    def __str__(self) -> str:
        return f"{f'commit {self.commit_id}, ' if self.commit_id is not None else ''}{self.where}: {self.problem}"


@dataclass(frozen=True)
class Verified:
    """What a verification found.

    Attributes:
        commits: how many commits the ledger has.
        anchor: the newest commit and its digest.
        findings: what does not hold, the earliest commit first; none means that everything holds.
        unreferenced: digests of artifacts that no event names: kept by a process that died before its commit.
        orphans: files of rows that no commit names, in the store's folder: of a process that died, or is at work.
    """

    commits: int
    anchor: str
    findings: Sequence[Finding]
    unreferenced: Sequence[str]
    orphans: Sequence[str] = ()

    @property
    def holds(self) -> bool:
        """Whether everything holds."""
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
    """A commit's number and digest, kept elsewhere: a store that holds them extends what was anchored."""

    commit_id: int
    digest: str
    signature: str | None = None

    def __str__(self) -> str:
        return f"{self.commit_id}:{self.digest}"

    @classmethod
    def parse(cls, text: str) -> Anchor:
        """Return the anchor in ``commit:digest`` or ``commit:digest:signature``.

        Raises:
            AnchorError: the text is none.
        """
        number, digest, signature, *more = [*text.strip().split(":"), "", ""]
        digits = digest.lower()
        if any(more) or not (
            number.isascii() and number.isdigit() and len(digits) == 64 and set(digits) <= set("0123456789abcdef")
        ):
            raise AnchorError(f"{text[:100]!r} is no anchor; one reads commit:digest, as `planstore anchor` prints it")
        return cls(int(number), digits, signature or None)


def anchor(ledger: Ledger) -> Anchor:
    """Return the newest commit and its digest; an empty ledger has commit 0, and zeros."""
    row = ledger.reader().row("ledger/last_commit")
    return Anchor(int(row[0]), str(row[1])) if row else Anchor(0, GENESIS)


def verify(ledger: Ledger, expected: Anchor | None = None) -> Verified:
    """Return what holds and what does not; see :func:`findings`.

    What does not hold while writers go on is looked at again while they wait: it may have been read as of two moments.
    """
    before = _snapshot(ledger)
    found = _sorted(findings(ledger, expected))
    if found and _snapshot(ledger) != before:
        with ledger.quiet():
            found = _sorted(findings(ledger, expected))
    try:
        with unreadable("the ledger"):
            newest = anchor(ledger)
            named = {digest for _, digest, _ in ledger.reader().rows("verify/artifacts")}
            orphans = strays(ledger.reader(), ledger.folder).orphans
    except StoreError:
        return Verified(0, str(Anchor(0, GENESIS)), found, [])
    return Verified(newest.commit_id, str(newest), found, sorted(ledger.artifacts.digests() - named), orphans)


def _sorted(found: Iterator[Finding]) -> list[Finding]:
    return sorted(found, key=lambda one: (one.commit_id is None, one.commit_id or 0))


def _snapshot(ledger: Ledger) -> int | None:
    """Return the catalog's newest snapshot; None where it cannot be read, which is told as a finding."""
    try:
        with unreadable("the ledger"):
            row = ledger.reader().row("ledger/current_snapshot")
    except StoreError:
        return None
    return int(row[0]) if row else None


def findings(ledger: Ledger, expected: Anchor | None = None) -> Iterator[Finding]:
    """Yield what does not hold of the ledger: first commits and their events, then plans, policies and artifacts.

    Args:
        ledger: the ledger.
        expected: an anchor that the ledger must extend.
    """
    for path, what in irregular_in_store(ledger.folder):
        yield Finding(None, place(ledger.folder, path), f"{path.relative_to(ledger.folder)} is {what}")
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
    """Return what an error says of the store; raise it where it says nothing of what is in the store."""
    if isinstance(error, DeniedError):
        raise error
    return Finding(commit_id, where, str(error))


def _chain(commits: list[dict[str, Any]], expected: Anchor | None) -> Iterator[Finding]:
    """Check numbers, digests of headers, and that each names the one before it."""
    previous = GENESIS
    for number, commit in enumerate(commits, 1):
        found = commit["commit_id"]
        if found != number:
            yield Finding(number, "commits", f"commit {number} is missing; the next is {found}")
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
    """Check that each commit holds the rows of this table that its header counts, by number and digest."""
    counted = {
        commit["commit_id"]: count for commit in commits for count in commit["counts"] or () if count["table"] == table
    }
    for first, last in _stretches(counted, len(commits)):
        try:
            with unreadable("the ledger"):
                found = _digests(session.batches(f"ledger/read_{table}", first=first, last=last))
        except StoreError as error:
            holders = [number for number in counted if first <= number <= last]
            if len(holders) > 1:
                yield from _unreadable_of(session, table, holders)
            else:
                yield _finding(holders[0] if holders else first, table, error)
            continue
        for commit_id in sorted(found.keys() | {number for number in counted if first <= number <= last}):
            count = counted.get(commit_id, {"rows": 0, "digest": None})
            rows, digest = found.get(commit_id, (0, None))
            if rows != count["rows"]:
                yield Finding(commit_id, table, f"it holds {rows} rows, its header counts {count['rows']}")
            elif digest != count["digest"]:
                yield Finding(commit_id, table, f"its rows have the digest {digest}, its header says {count['digest']}")


def _unreadable_of(session: Session, table: str, commits: Sequence[int]) -> Iterator[Finding]:
    """Tell which of some commits cannot be read, one by one."""
    for number in commits:
        try:
            with unreadable("the ledger"):
                session.batches(f"ledger/read_{table}", first=number, last=number).read_all()
        except StoreError as error:
            yield _finding(number, table, error)


def _stretches(counted: Mapping[int, Mapping[str, Any]], last_commit: int) -> Iterator[tuple[int, int]]:
    """Yield stretches of commits that cover all, each with at most ROWS_AT_ONCE rows or with one commit."""
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
    """Return how many rows each commit has, and their digest, from batches in commit order."""
    found: dict[int, tuple[int, str]] = {}
    number, digest = 0, RowsDigest(batches.schema)

    def finish() -> None:
        if digest.rows:
            found[number] = (digest.rows, digest.hexdigest())

    def update(batch: pa.RecordBatch) -> None:
        nonlocal number, digest
        for commit_id, rows in _by_commit(batch):
            if commit_id != number:
                finish()
                number, digest = commit_id, RowsDigest(batches.schema)
            digest.update(rows)

    each_prefetched(batches, update)
    finish()
    return found


def _by_commit(batch: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield the rows of each commit in a batch that is in commit order."""
    import numpy as np

    numbers = batch.column(0).to_numpy(zero_copy_only=False)
    starts = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist()]
    for start, end in zip(starts, [*starts[1:], len(numbers)], strict=True):
        yield int(numbers[start]), batch.slice(start, end - start)


def _row_counts(_: Ledger, session: Session, commits: list[dict[str, Any]]) -> Iterator[Finding]:
    """Check that no table holds rows of commits that are not there."""
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
    """Check that a query with a filter finds what is there: nothing that it skips by is false."""
    for table, commit_id, problem in falsehoods(session, ledger.layout.data):
        yield Finding(commit_id, table, problem)


def _definitions(ledger: Ledger, session: Session, _: list[dict[str, Any]]) -> Iterator[Finding]:
    """Check that the catalog has nothing, and the folders hold no file, that planstore does not make."""
    for kind, name in session.rows("verify/foreign_objects"):
        yield Finding(None, "catalog", f"the {kind} {name} is there, and is none of the store's")
    for where, problem in session.rows("verify/foreign_definitions"):
        yield Finding(None, where, problem)
    for where, problem in strays(session, ledger.folder).strangers:
        yield Finding(None, where, problem)


def _snapshots(_: Ledger, session: Session, __: list[dict[str, Any]]) -> Iterator[Finding]:
    """Check that the catalog says of all rows of a commit that they came with it."""
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
        for check, found in failed_plan_checks(session):
            yield Finding(commit_id, "jobs", f"{check}: {len(found)}, the first is {found[0]}")
        try:
            document = orjson.loads(ledger.artifacts.get(plan["artifact"]))
        except (StoreError, orjson.JSONDecodeError):
            continue  # because the artifact is a finding of its own
        for name in ("evidence_id", "policy_id", "rules_id"):
            if document.get(name) != plan[name]:
                yield Finding(commit_id, "plans", f"plan {plan['plan_id']} names another {name} than its run")


def _documents(_: Ledger, session: Session, __: list[dict[str, Any]]) -> Iterator[Finding]:
    session.run("projections/derived_plan_documents")
    for plan_id, view, key, problem in session.rows("verify/documents"):
        yield Finding(None, "plan_documents", f"{view}/{key} of plan {plan_id} {problem}; `planstore rebuild` mends it")


def _artifacts(ledger: Ledger, session: Session, _: list[dict[str, Any]]) -> Iterator[Finding]:
    """Check that what is kept under a digest has it; what no event names, too, because a later one may."""
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
