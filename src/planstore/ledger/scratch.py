"""Scratch ledgers in memory: rows that are not recorded next to recorded ones, so that the two can be compared."""

from __future__ import annotations

from planstore.database import sql
from planstore.database.connection import memory
from planstore.database.macros import make_macros
from planstore.database.session import Session
from planstore.ledger.ledger import make_views


def scratch_ledger() -> Session:
    """Return a session on an empty ledger in memory, with the event tables, the stable views and the macros."""
    session = memory()
    session.run("database/attach_in_memory")
    session.run("database/confine_access")
    for table in sql.names("schema/tables"):
        session.run(table)
    make_views(session)
    make_macros(session)
    session.run("scenario/overrides_in_force")
    return session


def copy_events(ledger: Session, scratch: Session, table: str, first: int, last: int) -> None:
    """Copy a table's events of the commits from ``first`` to ``last`` into a scratch ledger."""
    rows = ledger.batches("ledger/read_events", table=table, first=first, last=last).read_all()
    with scratch.registered(f"copied_{table}", rows):
        scratch.run(f"scratch/copy_{table}")
