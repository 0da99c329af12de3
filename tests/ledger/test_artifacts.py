"""Artifacts are kept once, never rewritten, verified on read, and never removed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from typer.testing import CliRunner

import samples
from planstore import Store
from planstore.cli.verbs import app
from planstore.ledger.embedded.artifacts import Artifacts


def test_content_that_is_kept_already_is_not_written_again(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    digest = artifacts.put(b"a policy")
    before = artifacts.path(digest).stat()
    assert artifacts.put(b"a policy") == digest
    after = artifacts.path(digest).stat()
    assert (before.st_ino, before.st_mtime_ns, after.st_nlink) == (after.st_ino, after.st_mtime_ns, 1)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [digest]


def test_artifacts_that_no_event_names_are_listed_and_stay(store: Store) -> None:
    store.route(samples.table(samples.records()), samples.policy())
    digest = Artifacts(store.results / "planstore" / "artifacts").put(b"kept by a process that died before its commit")
    store.maintenance.compact(grace=timedelta(0))
    assert store.integrity.verify().unreferenced == [digest]
    said = CliRunner().invoke(app, ["verify", "--results", str(store.results)])
    assert said.exit_code == 0, "they are no finding"
    assert digest in said.stdout
