"""An auditor recomputes every digest with a script of their own, which knows the definition, not planstore."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

import samples
from pages import blocks
from planstore import JobStatus
from planstore.api.store import Store
from planstore.events.hashing import ALGORITHM, ALGORITHM_LABEL

DOCS = Path(__file__).parents[2]

PAGE = Path(__file__).parents[2] / "docs" / "design" / "ledger.md"
(AUDITOR,) = (block.text for block in blocks(PAGE.read_text(encoding="utf-8")) if block.title == "recompute.py")
"""It takes no digest from the store: those of the rows make those of the headers, and each header's makes the next."""


def recomputed(store: Store) -> list[str]:
    """Return ``commit:digest`` of every commit, as the auditor's script finds them."""
    extensions = [
        next(Path(str(files(f"duckdb_extension_{name}"))).rglob("*.duckdb_extension"))
        for name in ("ducklake", "sqlite_scanner")
    ]
    process = subprocess.run(
        [sys.executable, "-I", "-c", AUDITOR, store.results / "planstore", *extensions],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout.splitlines()


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with rows in files and in the catalog, with nulls, lists, structs, texts of the world and statuses."""
    odd = samples.record(
        "fwd_ret_5d",
        "ÄÖÜ ☃",
        score=-0.0,
        null_score=0.25,
        failed_model_families=["lightgbm", "xgboost"],
        stability_metrics={"mean_overlap": 0.1, "std_overlap": None, "mean_tau": -0.25, "std_tau": 1e-300},
    )
    store.route(samples.table([*samples.records(3, 4), odd]), samples.policy(), run_id="again ☃ 'quoted'")
    store.route(samples.table(samples.records(12, 12, seed=1)), samples.policy(), ["lightgbm"], git_commit="abcdef")
    plan = store.plan()
    plan_id, job_id = str(plan.plan_id), plan.jobs[0]["job_id"]
    with store.training.status_writer() as writer:
        writer.record(JobStatus(plan_id, job_id, "running", worker="w1"))
        writer.record(JobStatus(plan_id, job_id, "succeeded", worker="w1", metrics={"auc": 0.61}))
    return store


def test_the_script_is_short_and_knows_nothing_of_the_store() -> None:
    lines = [line for line in AUDITOR.splitlines() if line]
    assert len(lines) <= 27
    assert [line for line in lines if "import" in line] == ["import hashlib, json, sys, duckdb, pyarrow as pa"]


def test_the_script_and_the_docs_name_the_algorithm_of_the_ledger() -> None:
    assert set(re.findall(r"hashlib\.(\w+)", AUDITOR)) == {ALGORITHM}
    docs = [DOCS / "README.md", *DOCS.glob("docs/**/*.md")]
    assert any(ALGORITHM_LABEL in path.read_text(encoding="utf-8") for path in docs)


def test_an_auditor_recomputes_every_digest_with_a_script_of_their_own(filled: Store) -> None:
    found = recomputed(filled)
    assert found == [f"{commit['commit_id']}:{commit['digest']}" for commit in reversed(filled.log())]
    assert found[-1] == filled.integrity.anchor()
    assert len(found) >= 3
