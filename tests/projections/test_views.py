from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

import planstore
import samples
import strategies
from planstore.api.store import Store
from planstore.projections.file_names import file_names

FOLDER = Path("globals/training_plan")
KEYS = {"by_target": "target", "by_symbol": "symbol", "by_type": "training_type", "by_route": "route"}


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def views(results: Path, view: str) -> dict[str, list[dict[str, Any]]]:
    """Return the jobs of each file of a view, by the key the file names."""
    documents = [read(path) for path in (results / FOLDER / view).glob("*")]
    assert all(set(document) == {KEYS[view], "jobs"} for document in documents)
    return {document[KEYS[view]]: document["jobs"] for document in documents}


def state(results: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return every exported file with what tells whether it was written again."""
    return {
        str(path.relative_to(results)): (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes())
        for part in ("METRICS", "globals")
        for path in (results / part).rglob("*")
        if path.is_file()
    }


@pytest.mark.filterwarnings("ignore::planstore.CandidatesWarning", "ignore::planstore.PolicyWarning")
@settings(max_examples=5)
@given(data=st.data())
def test_views_are_the_master_plan_for_any_plan(shared_store: Store, data: st.DataObject) -> None:
    semantics = data.draw(st.sampled_from(("strict", "reference")))
    policy = data.draw(strategies.policies(semantics))
    rows = data.draw(strategies.candidates(semantics))
    run = shared_store.route(samples.table(rows), policy, include_blocked=data.draw(st.booleans()))
    shared_store.export()
    results = shared_store.results
    master = read(results / FOLDER / "master_training_plan.json")
    jobs = master["jobs"]
    assert read(results / FOLDER / "training_plan.json") == master
    assert jobs == run.plan.jobs
    assert len({job["job_id"] for job in jobs}) == len(jobs) == master["metadata"]["total_jobs"]
    for view, key in KEYS.items():
        expected: dict[str, list[dict[str, Any]]] = {}
        for job in jobs:
            if job[key] is not None:
                expected.setdefault(job[key], []).append(job)
        assert views(results, view) == expected
    rows_of = {
        (view, key): [jobs[ordinal - 1] for ordinal in ordinals]
        for view, key, ordinals in shared_store.sql(
            'select "view", "key", jobs from plan_documents where plan_id = $plan', plan=run.plan_id
        ).fetchall()
    }
    assert rows_of == {(view, key): found for view in KEYS for key, found in views(results, view).items()}


def test_a_plan_that_shrinks_or_empties_leaves_no_stale_file(store: Store) -> None:
    store.route(samples.table(samples.records(5, 5)), samples.policy())
    assert store.export().removed == 0
    store.route(samples.table([samples.record("only", None, 0.9), samples.record("only", "A", 0.9)]), samples.policy())
    assert store.export().removed > 0
    assert set(views(store.results, "by_target")) == {"only"}
    store.route(samples.table([samples.record("only", None, 0.1)]), samples.policy())
    store.export()
    assert sorted(path.name for path in (store.results / FOLDER).iterdir()) == [
        "master_training_plan.json",
        "training_plan.json",
    ]


def test_an_export_that_changes_nothing_writes_nothing(store: Store) -> None:
    store.route(samples.table(samples.records()), samples.policy())
    store.export()
    before = state(store.results)
    assert store.export().written == 0
    assert state(store.results) == before


def test_a_run_that_arrives_at_the_same_plan_leaves_the_plan_files_alone(store: Store) -> None:
    first = store.route(samples.table(samples.records()), samples.policy())
    store.export()
    before = {name: found for name, found in state(store.results).items() if name.startswith("globals")}
    second = store.route(samples.table(samples.records()), samples.policy())
    store.export()
    assert (first.plan_id, second.is_new_plan) == (second.plan_id, False)
    assert {name: found for name, found in state(store.results).items() if name.startswith("globals")} == before
    assert store.sql("select count(*) from jobs").fetchall() == [(first.plan.metadata["total_jobs"],)]


def test_files_that_were_deleted_altered_or_added_are_put_right(store: Store) -> None:
    store.route(samples.table(samples.records()), samples.policy())
    store.export()
    before = {name: content for name, (_, _, content) in state(store.results).items()}
    folder = store.results / FOLDER
    (folder / "training_plan.json").unlink()
    (folder / "master_training_plan.json").write_text("{", encoding="utf-8")
    (folder / "by_target" / "stale.json").write_text("{}", encoding="utf-8")
    done = store.export()
    assert (done.written, done.removed) == (2, 1)
    assert {name: content for name, (_, _, content) in state(store.results).items()} == before


def test_a_copy_in_metrics_is_made_on_request_and_removed_when_it_is_not_asked_for(store: Store) -> None:
    store.route(samples.table(samples.records()), samples.policy())
    store.export(metrics_copy=True)
    copy = store.results / "METRICS" / "training_plan"
    original = {
        path.relative_to(store.results / FOLDER): path.read_bytes() for path in (store.results / FOLDER).rglob("*.json")
    }
    assert {path.relative_to(copy): path.read_bytes() for path in copy.rglob("*.json")} == original
    store.export()
    assert list(copy.rglob("*.json")) == []


def test_formats_are_written_as_asked(store: Store) -> None:
    store.route(samples.table(samples.records()), samples.policy())
    store.export(formats=["yaml", "markdown"])
    names = {path.name for path in (store.results / FOLDER).iterdir() if path.is_file()}
    assert {"training_plan.yaml", "training_plan.md"} <= names
    store.export(formats=["json"])
    names = {path.name for path in (store.results / FOLDER).iterdir() if path.is_file()}
    assert names == {"training_plan.json", "master_training_plan.json"}


@settings(max_examples=60)
@given(st.lists(strategies.names, unique=True, max_size=20))
def test_file_names_are_distinct_safe_and_short(names: list[str]) -> None:
    found = file_names(names)
    assert list(found) == sorted(names)
    assert len({name.casefold() for name in found.values()}) == len(names)
    for name in found.values():
        assert len(name.encode()) < 255
        assert not set('/\\:*?"<>|\n\t') & set(name)
        assert not name.startswith((".", " "))
        assert name.split(".")[0].casefold() not in ("con", "nul", "")


def test_any_name_is_routed_stored_exported_inside_the_folder_and_read_back(store: Store, tmp_path: Path) -> None:
    rows = [
        row
        for name in strategies.NASTY
        for row in (samples.record(name, None, 0.9), samples.record(name, name, 0.9), samples.record(name, "A", 0.9))
    ]
    rows += [samples.record("y", name, 0.9) for name in strategies.NASTY]
    run = store.route(samples.table(rows), samples.policy())
    store.export()
    targets = {row["target"] for row in rows}
    assert set(views(store.results, "by_target")) == targets
    assert set(views(store.results, "by_symbol")) == {row["symbol"] for row in rows if row["symbol"] is not None}
    loaded = planstore.load_training_plan(store.results)
    assert loaded is not None
    assert {job["target"] for job in loaded.jobs} == targets
    for name in strategies.NASTY:
        assert {job["symbol"] for job in planstore.get_jobs_for_target(run.plan, name)} == {None, name, "A"}
        assert store.sql("select count(*) from decisions where target = $name", name=name).fetchall() == [(3,)]
        assert store.why(name, name).symbol == name
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results"]
    assert sorted(path.name for path in store.results.iterdir()) == ["METRICS", "globals", "planstore"]


def test_files_of_other_names_are_their_owners_and_stay(store: Store) -> None:
    store.route(samples.table(samples.records()), samples.policy())
    store.export(formats=["json", "yaml", "markdown"])
    mine = [
        store.results / folder / name
        for folder in ("globals/training_plan", "METRICS/routing_plan")
        for name in ("training_plan.json.bak", "routing_plan.bak", "notes.json", "training_plan.txt")
    ]
    for path in mine:
        path.write_text("mine", encoding="utf-8")
    store.export(formats=["json"])
    assert [path.read_text(encoding="utf-8") for path in mine] == ["mine"] * len(mine)
    assert not (store.results / "globals/training_plan/training_plan.yaml").exists()
