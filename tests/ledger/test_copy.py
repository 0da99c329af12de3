"""A store is copied to another place with the same digests, further when it has grown, and never over another store."""

from __future__ import annotations

from pathlib import Path

import pytest

import planstore
import samples
from planstore import JobStatus
from planstore.api.store import Store
from planstore.errors import ConflictError, StoreError
from planstore.ledger import copy_store


@pytest.fixture
def grown(store: Store) -> Store:
    """A store with runs, an override and statuses: rows in the catalog and in files."""
    run = store.route(samples.table(samples.records()), samples.policy())
    with store.training.status_writer() as writer:
        writer.record(JobStatus(run.plan_id, run.plan.jobs[0]["job_id"], "running"))
    store.route(samples.table(samples.records(seed=7)), samples.policy())
    return store


def test_a_copy_is_the_store_and_follows_it(grown: Store, tmp_path: Path) -> None:
    copied = grown.maintenance.copy(tmp_path / "copy")
    anchor = grown.integrity.anchor()
    assert (copied.commit_id, copied.commits) == (3, 3)
    with planstore.open(tmp_path / "copy") as copy:
        assert copy.integrity.verify(anchor).findings == []
        assert copy.log() == grown.log()
        assert copy.training.jobs() == grown.training.jobs()
        grown.route(samples.table(samples.records(seed=8)), samples.policy())
        again = grown.maintenance.copy(tmp_path / "copy")
        assert (again.commit_id, again.commits) == (4, 1)
        assert copy.integrity.verify(grown.integrity.anchor()).findings == []
        copy.route(samples.table(samples.records(seed=9)), samples.policy())
        assert copy.integrity.verify(anchor).findings == []
    with pytest.raises(ConflictError, match="must be empty or an earlier copy of"):
        grown.maintenance.copy(tmp_path / "copy")


def test_a_copy_that_ended_in_the_middle_is_continued(
    grown: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copy_store, "ROWS_AT_ONCE", 1)

    def end_at_the_third(step: str) -> None:
        if step.startswith("copying commits 3"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grown.maintenance.copy(tmp_path / "copy", progress=end_at_the_third)
    with planstore.open(tmp_path / "copy") as copy:
        assert len(copy.log()) == 2
        assert grown.maintenance.copy(tmp_path / "copy").commits == 1
        assert copy.integrity.verify(grown.integrity.anchor()).findings == []


def test_a_row_that_was_altered_is_not_copied(grown: Store, tmp_path: Path) -> None:
    grown.access.ledger.writer().run_text("update lake.job_status set attempt = 7")
    with pytest.raises(StoreError, match=r"commit 2 was not copied as it is: job_status has the rows and digest"):
        grown.maintenance.copy(tmp_path / "copy")
    with planstore.open(tmp_path / "copy") as copy:
        assert copy.log() == []


def test_a_row_in_a_file_that_was_altered_is_not_copied(grown: Store, tmp_path: Path) -> None:
    grown.access.ledger.writer().run_text("update lake.candidates set sample_size = 7 where position = 9")
    with pytest.raises(StoreError, match=r"commit 1 was not copied as it is: candidates has the rows and digest"):
        grown.maintenance.copy(tmp_path / "copy")
    with planstore.open(tmp_path / "copy") as copy:
        assert copy.log() == []
