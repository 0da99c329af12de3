"""Rebuild of the projections from events."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from planstore.database.session import Session
from planstore.events.digest import RowsDigest
from planstore.events.vocabulary import CommitKind
from planstore.ledger.ledger import Ledger
from planstore.pages.answers import Answer, plural


@dataclass(frozen=True, repr=False)
class Rebuilt(Answer):
    """The result of a rebuild.

    Attributes:
        documents: number of documents.
        digest: digest of their rows.
        same: whether the documents are byte for byte the same as before.
    """

    documents: int
    digest: str
    same: bool

    def __str__(self) -> str:
        before = "the same as before" if self.same else "not the same as before"
        return f"Rebuilt {plural(self.documents, 'document')}, {before}."

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def rebuild(ledger: Ledger) -> Rebuilt:
    """Drop the documents of all plans and derive them again from the jobs of every commit, in one transaction."""
    session = ledger.writer()
    try:
        with ledger.commit(session, CommitKind.REBUILD, run_id=None) as builder:
            before = _digest(session)
            builder.expect_files("plan_documents")
            session.run("projections/drop_plan_documents")
            session.run("schema/tables/plan_documents")
            session.run("projections/derived_plan_documents")
            session.run("projections/append_plan_documents", first_commit=1, last_commit=builder.commit_id - 1)
            after = _digest(session)
            builder.make_durable()
        return Rebuilt(documents=after.rows, digest=after.hexdigest(), same=before.hexdigest() == after.hexdigest())
    finally:
        session.close()


def _digest(session: Session) -> RowsDigest:
    return RowsDigest.of(session.batches("projections/read_plan_documents"))
