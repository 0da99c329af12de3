"""The ledger of one store: creation, sessions and commits."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Lock

from planstore.database import sql
from planstore.database.connection import Database
from planstore.database.macros import make_macros
from planstore.database.session import Session
from planstore.errors import CommitFailedError, ReadBackError, StoreError, StoreMissingError, StoreVersionError
from planstore.events.commit import GENESIS
from planstore.events.vocabulary import CommitKind
from planstore.ledger.commit_builder import FILE_TABLES, CommitBuilder, Head
from planstore.ledger.layout import StoreLayout
from planstore.ledger.marker import FORMAT
from planstore.ledger.read_back import CatalogTables
from planstore.ledger.recent_commits import RecentCommits, recent_commits
from planstore.ledger.storage import ArtifactStorage, Posted, StoreStorage, Turn
from planstore.ledger.transaction import CommitTransaction

_log = logging.getLogger("planstore.ledger")


EVENT_TABLES = (
    "runs",
    "policies",
    "artifacts",
    "candidates",
    "decisions",
    "plans",
    "jobs",
    "job_status",
    "overrides",
    "outcomes",
)
"""All event tables, in the order of a commit's positions."""

_VIEWS = (
    "as_of",
    "commits",
    *EVENT_TABLES,
    "plan_documents",
    "latest_run",
    "current_decisions",
    "current_plan",
    "job_latest_status",
    "jobs_with_status",
    "reused_jobs",
    "current_jobs",
    "plan_progress",
    "trained_models",
    "promised_outcomes",
    "calibration",
)


class Ledger:
    """All commits of a store.

    Args:
        storage: the storage of the store.
        create: whether a missing store is created on first use.
        clock: returns the current time.
        memory: maximum bytes of all read-only sessions together; None means most of the machine's memory.

    Raises:
        StoreMissingError: there is no store and ``create`` is false.
        StoreVersionError: the store has another format than this code's.
    """

    def __init__(
        self,
        storage: StoreStorage,
        *,
        create: bool = True,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        memory: int | None = None,
    ) -> None:
        self.storage = storage
        self._clock = clock
        self._head: Head | None = None
        lake = storage.catalog
        self._read_only = Database(lake, read_only=True, memory=memory)
        self._defining = Lock()
        self._with_views: object = None
        self._with_user_definitions: object = None
        self._read_write = Database(lake, read_only=False, joins_as_written=True)
        self._small_writes = Database(lake, read_only=False, threads=1)
        self._catalog = CatalogTables(lake)
        if not self._is_ready() and not create:
            raise StoreMissingError(storage.missing)

    @property
    def layout(self) -> StoreLayout:
        """The paths of the store's local folder."""
        return self.storage.layout

    @property
    def artifacts(self) -> ArtifactStorage:
        """The artifacts."""
        return self.storage.artifacts

    def create(self) -> None:
        """Create the store if it does not exist yet; never create it again after it was opened.

        Raises:
            StoreError: the store was removed, renamed or replaced after it was opened.
        """
        self.check_place()
        if not self._is_ready():
            self._create()

    def check_place(self) -> None:
        """Check that the store was not removed, renamed or replaced after it was opened.

        Raises:
            StoreError: it was; the message names the change.
        """
        self.storage.check()

    def query_session(self, as_of: int | None = None) -> Session:
        """Return a read-only session with the stable views, as of commit ``as_of`` (None means now)."""
        session = self.reader()
        session.run("database/set_as_of", as_of=as_of)
        # because without a transaction each statement would read the catalog again
        with self._defining, session.transaction():
            if self._with_views is not session.opening:
                make_views(session)
            session.run("scenario/overrides_in_force")
        self._with_views = session.opening
        return session

    def add_user_definitions(self, session: Session) -> None:
        """Add what only users' queries read to a session with views: the stream of all events, and the macros.

        Creating it takes longer than most queries of the store itself.
        """
        with self._defining, session.transaction():
            if self._with_user_definitions is not session.opening:
                session.run("schema/views/events_between")
                session.run("schema/views/history")
                make_macros(session)
            session.run("database/set_newest_run")
        self._with_user_definitions = session.opening

    def is_current(self, session: Session) -> bool:
        """Return whether a read-only session shows the newest commit; a session on a catalog copy may not."""
        return self._read_only.is_current(session)

    def reader(self) -> Session:
        """Return a read-only session without views."""
        self.create()
        return self._read_only.session()

    def writer(self) -> Session:
        """Return a writing session, with temporary tables for computing the rows to append."""
        self.create()
        return self._read_write.session()

    def small_writer(self) -> Session:
        """Return a writing session for commits of a few rows, and for moving such rows into files.

        It uses one thread, because a commit runs a dozen small catalog queries, and passing each of them to another
        thread takes longer than the query.
        """
        self.create()
        return self._small_writes.session()

    @contextmanager
    def commit(
        self,
        session: Session,
        kind: CommitKind,
        *,
        run_id: str | None,
        message: str = "",
        idempotency_key: str | None = None,
    ) -> Iterator[CommitBuilder]:
        """Append one commit: all events of the block, or none if it raises.

        ``session`` is from :meth:`writer` or :meth:`small_writer`, so that its temporary tables can be appended.
        A block without events makes no commit.
        """
        with self._locked() as turn, self.transaction(session, turn) as transaction:
            yield transaction.begin(kind, run_id=run_id, message=message, idempotency_key=idempotency_key)

    @contextmanager
    def turn(self, request: Callable[[], Posted | None]) -> Iterator[Turn]:
        """Hold the writer lock while the block runs, or let its holder commit the request; as its storage does."""
        self.check_place()
        with self.storage.lock.turn(request) as turn, self._disk_errors():
            self.check_place()
            yield turn

    @contextmanager
    def transaction(self, session: Session, turn: Turn) -> Iterator[CommitTransaction]:
        """Append the commits of the block, or none if it raises, in a turn that holds the writer lock."""
        try:
            with session.transaction():
                head, recent = self._current_head(session, turn)
                transaction = CommitTransaction(session, self.storage.data, head, recent, self._now)
                yield transaction
                transaction.seal()
        except CommitFailedError as error:
            self._decide(transaction, error)
        if transaction.commits:
            self._head = transaction.newest
            self._check_stored(turn, transaction)
            for builder in transaction.commits:
                fields = {"commit_id": builder.commit_id, "results": self.layout.folder.parent}
                _log.info("commit %d is recorded", builder.commit_id, extra=fields)

    def _decide(self, transaction: CommitTransaction, error: CommitFailedError) -> None:
        """Decide by the ledger whether commits that were answered with an error are recorded.

        The error's text does not say it: the answer may have been lost, or the error may be of what came after.

        Raises:
            CommitFailedError: it is not recorded, or the ledger cannot be read now.
        """
        self._head = None
        if not transaction.commits:
            raise CommitFailedError(f"{error}; nothing was recorded") from error
        name, newest = transaction.name, transaction.newest
        try:
            # because the digest of the last commit includes those before it
            is_recorded = self.has_commit(newest.commit_id, newest.digest)
        except StoreError as unread:
            # because a recorded commit without its files would make the whole store unreadable; files that no commit
            # names do no harm
            self.storage.data.undelete(transaction.files)
            raise CommitFailedError(f"{error}; if {name} is recorded is not known") from unread
        if not is_recorded:
            raise CommitFailedError(f"{error}; nothing was recorded") from error
        if gone := self.storage.data.undelete(transaction.files):
            raise StoreError(f"{name} is recorded, but {', '.join(sorted(gone))} is gone: restore a backup") from error
        _log.warning("%s is recorded, although its answer was lost", name)

    def _check_stored(self, turn: Turn, transaction: CommitTransaction) -> None:
        """Read back the rows of commits from the catalog, before they are acknowledged."""
        try:
            transaction.check_stored(turn, self._catalog)
        except StoreError as error:
            raise ReadBackError(
                f"{error}; the commit is recorded all the same: keep {self.storage.name} as it is, "
                "and look at it with `planstore verify`"
            ) from error

    def _current_head(self, session: Session, turn: Turn) -> tuple[Head, RecentCommits | None]:
        """Return the newest commit, which is cached for the catalog's snapshot, and those since, if they are known."""
        row = session.row("ledger/current_snapshot")
        snapshot, known, recent = int(row[0]) if row else 0, self._head, None
        if known is None or known.snapshot != snapshot:
            recent = None if known is None else recent_commits(session, turn, self._catalog, known, snapshot)
            last = None if recent else session.row("ledger/last_commit")
            known = self._head = recent.head if recent else Head(snapshot, *(last or (0, GENESIS, None)))
        return known, recent

    def now(self, session: Session) -> datetime:
        """Return the current time in UTC, but never earlier than the latest commit, in case the clock was set back."""
        last = session.row("ledger/last_commit")
        return self._now(last[2] if last else None)

    def _now(self, recorded_at: datetime | None) -> datetime:
        return self._clock() if recorded_at is None else max(self._clock(), recorded_at)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the writer lock while the block runs; readers are not affected."""
        with self._locked():
            self._head = None  # because the block may change the catalog's snapshots
            yield

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Exclude writers while the block runs, as :meth:`locked` does, but without write permission."""
        if self.is_writable:
            with self.locked():
                yield
            return
        self.check_place()
        with self.storage.lock.held_by_reader():
            self.storage.catalog.is_quiet = True
            try:
                yield
            finally:
                self.storage.catalog.is_quiet = False

    @property
    def is_writable(self) -> bool:
        """Whether this process may write; if not, read-only sessions use copies of the catalog."""
        return self.storage.catalog.is_writable

    @contextmanager
    def _locked(self) -> Iterator[Turn]:
        self.check_place()
        with self.storage.lock.held() as turn, self._disk_errors():
            self.check_place()  # because the store may have been removed during the wait
            yield turn

    @contextmanager
    def _disk_errors(self) -> Iterator[None]:
        """Add advice to errors of a store that cannot be written.

        The advice is to repeat the call, because a disk that failed last may have stored the commit without confirming.
        """
        advice = "when the fault is gone, do it again, under the same run id or key: then it is recorded once"
        try:
            yield
        except self.storage.errors as error:
            raise StoreError(f"{self.storage.name} could not be written: {error}; {advice}") from error
        except ReadBackError:
            raise  # because its message already says if the commit is recorded
        except StoreError as error:
            raise type(error)(f"{error}; {advice}") from error

    def last_commit(self) -> int:
        """Return the number of the newest commit, 0 in an empty ledger."""
        row = self.reader().row("ledger/last_commit")
        return int(row[0]) if row else 0

    def has_commit(self, commit_id: int, digest: str) -> bool:
        """Return whether the ledger has a commit of this number with this digest; another ledger's digests differ."""
        return self.commit_digest(commit_id) == digest

    def commit_digest(self, commit_id: int) -> str | None:
        """Return the digest of a commit; None if there is no such commit."""
        row = self.reader().row("ledger/commit_digest", commit_id=commit_id)
        return str(row[0]) if row else None

    def close(self) -> None:
        """Close all connections; the ledger opens them again on its next use."""
        with self._defining:
            self._read_only.close()
            self._with_views = self._with_user_definitions = None
        self._read_write.close()
        self._small_writes.close()
        self.storage.close()

    @property
    def is_made(self) -> bool:
        """Whether the store exists."""
        return self._is_ready()

    def _is_ready(self) -> bool:
        content = self.storage.marker()
        if content is not None and (type(content["format"]) is not int or content["format"] != FORMAT):
            raise StoreVersionError(
                f"{self.storage.name} has format {content['format']}, this planstore knows format {FORMAT}: "
                "if it is older, run `planstore migrate`; if it is newer, use a newer planstore"
            )
        if content is not None:
            self.storage.hold()
        return content is not None

    def _create(self) -> None:
        self.storage.prepare()
        with self.storage.lock.held(), self._disk_errors():
            if self._is_ready():
                return
            self.storage.prepare_catalog()
            session = self._read_write.session()
            self.storage.check_catalog(session)
            row = session.row("ledger/store_exists")
            if row is None or not row[0]:
                with session.transaction():
                    for table in sql.names("schema/tables"):
                        session.run(table)
                    session.run("database/row_groups", rows=self.storage.catalog.row_group_rows)
            with session.transaction():
                keep_in_files(session, FILE_TABLES)
            self.storage.complete_catalog()
            self.storage.write_marker()
            self._is_ready()


def make_views(session: Session) -> None:
    """Create the stable views, which all sessions of one database share."""
    for view in _VIEWS:
        session.run(f"schema/views/{view}")
    session.run("macros/job_metadata")  # because statements that read jobs call it


def keep_in_files(session: Session, tables: Sequence[str]) -> None:
    """Store all rows of these tables in files, and none in the catalog."""
    for table in tables:
        session.run("database/inlined_rows", table=table, rows=0)


def newest_commit_of_kind(session: Session, kind: CommitKind, before_commit: int = 2**62) -> int:
    """Return the newest commit of a kind before ``before_commit``, or 0."""
    row = session.row("ledger/newest_commit_of_kind", kind=kind, before_commit=before_commit)
    return int(row[0]) if row else 0
