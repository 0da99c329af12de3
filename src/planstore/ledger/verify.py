"""Verification: everything that can be recomputed is recomputed, and each discrepancy is reported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from planstore.database.error_translation import unreadable
from planstore.database.extensions import check_extensions
from planstore.database.session import Session
from planstore.errors import StoreError
from planstore.events.canonical import canonical_json
from planstore.events.commit import GENESIS, utc_text
from planstore.events.hashing import digest_of
from planstore.ledger.findings import Anchor, Finding, Verified
from planstore.ledger.ledger import EVENT_TABLES, Ledger
from planstore.ledger.plan_checks import failed_checks_of_recorded_plans
from planstore.ledger.pruning_statistics import falsehoods
from planstore.ledger.row_digests import EventRows, finding_of
from planstore.ledger.snapshots import shifted_snapshots


def anchor(ledger: Ledger) -> Anchor:
    """Return the newest commit and its digest; an empty ledger has commit 0 with a digest of zeros."""
    row = ledger.reader().row("ledger/last_commit")
    return Anchor(int(row[0]), str(row[1])) if row else Anchor(0, GENESIS)


def verify(ledger: Ledger, expected: Anchor | None = None) -> Verified:
    """Verify the whole ledger; see :func:`findings`.

    Findings that appear while writers are active are checked again without writers: they may stem from two snapshots.

    Raises:
        StoreError: an extension of the database is not the one that was installed, so that no answer of it counts.
    """
    check_extensions(ledger.storage.catalog.extensions)
    before = _snapshot(ledger)
    ordered = _sorted(findings(ledger, expected))
    if ordered and _snapshot(ledger) != before:
        with ledger.quiet():
            ordered = _sorted(findings(ledger, expected))
    try:
        with unreadable("the ledger"):
            newest = anchor(ledger)
            named = {digest for _, digest, _ in ledger.reader().rows("verify/artifacts")}
            orphans = ledger.storage.strays(ledger.reader()).orphans
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
    for where, problem in ledger.storage.irregular():
        yield Finding(None, where, problem)
    try:
        with unreadable("the ledger"):
            session = ledger.reader()
            commits = session.records("verify/commits")
    except StoreError as error:
        yield finding_of(None, "commits", error)
        return
    yield from _chain(commits, expected)
    events = EventRows(session, commits)
    for table in EVENT_TABLES:
        try:
            with unreadable("the ledger"):
                yield from events.findings(table)
        except StoreError as error:
            yield finding_of(None, table, error)
    yield from events.misnumbered()
    for check in (
        _row_counts,
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
                yield from check(ledger, session, events)
        except StoreError as error:
            yield finding_of(None, check.__name__.strip("_").replace("_", " "), error)


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


def _row_counts(_: Ledger, session: Session, events: EventRows) -> Iterator[Finding]:
    """Check that no table has rows of missing commits."""
    counted = dict.fromkeys(EVENT_TABLES, 0)
    for commit in events.commits:
        for count in commit["counts"] or ():
            counted[count["table"]] = counted.get(count["table"], 0) + count["rows"]
    stated = dict(session.rows("verify/stated_row_counts"))
    for table, rows in events.held.items():
        if rows != counted[table]:
            yield Finding(None, table, f"it holds {rows} rows, all headers together count {counted[table]}")
        elif stated[table] != rows:
            yield Finding(None, table, f"the catalog says that it holds {stated[table]} rows, it holds {rows}")


def _filters(ledger: Ledger, session: Session, _: EventRows) -> Iterator[Finding]:
    """Check that filtered queries find all rows: no pruning statistic is false."""
    for table, commit_id, problem in falsehoods(session, ledger.storage.data):
        yield Finding(commit_id, table, problem)


def _definitions(ledger: Ledger, session: Session, _: EventRows) -> Iterator[Finding]:
    """Check that the catalog has no foreign objects, and the folders no foreign files."""
    for kind, name in ledger.storage.catalog.foreign_objects(session):
        yield Finding(None, "catalog", f"the {kind} {name} is there, and is none of the store's")
    for where, problem in session.rows("verify/foreign_definitions"):
        yield Finding(None, where, problem)
    for where, problem in ledger.storage.strays(session).strangers:
        yield Finding(None, where, problem)


def _snapshots(_: Ledger, session: Session, __: EventRows) -> Iterator[Finding]:
    """Check that the catalog states the same snapshot for all rows of a commit."""
    for where, commit_id, problem in shifted_snapshots(session):
        yield Finding(commit_id, where, problem)


def _policies(_: Ledger, session: Session, __: EventRows) -> Iterator[Finding]:
    for commit_id, policy_id, document in session.rows("verify/policies"):
        digest = digest_of(document.encode())
        if digest != policy_id:
            yield Finding(commit_id, "policies", f"the document of policy {policy_id} has the digest {digest}")


def _plans(ledger: Ledger, session: Session, events: EventRows) -> Iterator[Finding]:
    """Check each plan against its decisions, its jobs and its canonical document."""
    for commit_id, check, rows in failed_checks_of_recorded_plans(session, events.ranges("decisions")):
        yield Finding(commit_id, "jobs", f"{check}: {len(rows)}, the first is {rows[0]}")
    for plan in session.records("verify/plans"):
        try:
            document = orjson.loads(ledger.artifacts.get(plan["artifact"]))
        except (StoreError, orjson.JSONDecodeError):
            continue  # because the artifact has a finding of its own
        for name in ("evidence_id", "policy_id", "rules_id"):
            if document.get(name) != plan[name]:
                yield Finding(plan["commit_id"], "plans", f"plan {plan['plan_id']} names another {name} than its run")


def _documents(_: Ledger, session: Session, __: EventRows) -> Iterator[Finding]:
    session.run("projections/derived_plan_documents")
    for plan_id, view, key, problem in session.rows("verify/documents"):
        yield Finding(None, "plan_documents", f"{view}/{key} of plan {plan_id} {problem}; `planstore rebuild` mends it")


def _artifacts(ledger: Ledger, session: Session, _: EventRows) -> Iterator[Finding]:
    """Check each artifact against its digest, unreferenced ones included, because a later event may refer to them."""
    named = session.rows("verify/artifacts")
    unnamed = sorted(ledger.artifacts.digests() - {digest for _, digest, _ in named})
    for commit_id, digest, size in [*named, *((None, digest, None) for digest in unnamed)]:
        try:
            content = ledger.artifacts.get(digest)
        except StoreError as error:
            yield finding_of(commit_id, "artifacts", error)
            continue
        if size is not None and len(content) != size:
            yield Finding(commit_id, "artifacts", f"artifact {digest} has {len(content)} bytes, recorded are {size}")
