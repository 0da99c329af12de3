"""A name that is given to a run means that run and nothing else."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

import inputs
import planstore
import samples
from planstore import KeyConflictError, PlanstoreError, RequestError, Store
from planstore.runs.lookup import _other_meaning

AMBIGUOUS = {
    "2": "the number of a commit",
    "007": "the number of a commit",
    "20240102": "the number of a commit",
    "..": "a stretch of runs",
    "A..B": "a stretch of runs",
    "first..": "a stretch of runs",
    "2024-01-02": "a time",
    "2024-01-02T03:04:05Z": "a time",
    "2024-W01-1": "a time",
    "latest": "a word for the newest run",
    "Newest": "a word for the newest run",
    "-x": "an option of the command line",
    "--help": "an option of the command line",
}
FREE = re.compile(r": '(run[^']*)' is free$")


def routed(store: Store, run_id: str | None, seed: int = 0, **more: str) -> planstore.Run:
    return store.route(samples.table(samples.records(seed=seed)), samples.policy(), run_id=run_id, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_a_run_id_that_could_mean_something_else_is_refused(store: Store, name: str) -> None:
    with pytest.raises(RequestError, match=re.escape(f"{name!r}, which is {AMBIGUOUS[name]}")):
        routed(store, name)
    assert not (store.results / "planstore").exists()


@pytest.mark.parametrize("name", ["..", "2", "2024-01-02T03:04:05Z", "latest", "-x"])
def test_the_name_that_is_free_according_to_a_refusal_can_be_taken(shared_store: Store, name: str) -> None:
    with pytest.raises(RequestError) as refused:
        routed(shared_store, name)
    free = FREE.search(str(refused.value))
    assert free is not None
    assert routed(shared_store, free[1]).run_id == free[1]
    with pytest.raises(RequestError, match=re.escape(f"'{free[1]}-2' is free")):
        routed(shared_store, name)


def test_the_start_of_a_plans_id_is_refused_and_changes_nothing(store: Store) -> None:
    plan_id = routed(store, "first").plan_id
    start = next(plan_id[:length] for length in range(6, 64) if not plan_id[:length].isdecimal())
    before = inputs.snapshot(store.results)
    for name in (start, plan_id):
        with pytest.raises(RequestError, match=r"which is the start of a plan's id: 'run-[0-9a-f]*' is free"):
            routed(store, name, seed=1)
    own = routed(store, None, seed=2).plan_id
    with pytest.raises(RequestError, match="the start of a plan's id"):
        routed(store, own, seed=2)
    assert [commit["commit_id"] for commit in store.log()] == [2, 1]
    assert before.keys() <= inputs.snapshot(store.results).keys()
    other = "".join("0123456789abcdef"[int(digit, 16) - 1] for digit in start)
    assert store.run(routed(store, f"{other}a", seed=3).run_id).commit_id == 3, "it only looks like a plan's id"


@pytest.mark.parametrize("name", ["", " a", "a ", "a\n", "a\x1b[31m", "\u202ea", "x" * 201, 2, b"a", "\ud800"])
@pytest.mark.parametrize("what", ["run_id", "idempotency_key"])
def test_a_name_that_cannot_be_shown_and_typed_again_is_refused(store: Store, what: str, name: object) -> None:
    with pytest.raises(RequestError, match=f"{what} must be "):
        store.route(samples.table(samples.records()), samples.policy(), **{what: name})  # type: ignore[arg-type]
    assert not (store.results / "planstore").exists()


@given(name=st.one_of(st.text("0123456789-:.TZW+abcdef ", max_size=12), st.from_regex(r"\d{4}-?\d\d-?\d\d")))
def test_no_name_that_passes_can_be_read_as_a_commit_a_time_or_a_stretch(name: str) -> None:
    if _other_meaning(name) is None:
        assert not name.isdecimal()
        assert ".." not in name
        with pytest.raises(ValueError, match=r".*"):
            datetime.fromisoformat(name)


def test_names_that_are_made_up_are_free(store: Store) -> None:
    run = routed(store, None)
    assert _other_meaning(run.run_id) is None
    assert store.run(run.run_id) == run


def test_a_key_that_stands_for_a_run_of_another_name_is_refused(store: Store) -> None:
    routed(store, "first", idempotency_key="nightly")
    assert routed(store, None, idempotency_key="nightly").run_id == "first"
    assert routed(store, "first", idempotency_key="nightly").run_id == "first"
    with pytest.raises(KeyConflictError, match="'nightly' stands for run 'first', not for 'second'"):
        routed(store, "second", idempotency_key="nightly")
    assert len(store.log()) == 1


def test_a_run_that_is_repeated_after_an_override_is_the_run_that_was_recorded(store: Store) -> None:
    first = routed(store, "first")
    store.overrides.set("y_up_01_10m", "SYM01", "ROUTE_BLOCKED", reason="a test")
    again = routed(store, "first")
    assert (again.commit_id, again.plan_id, again.routes) == (first.commit_id, first.plan_id, first.routes)
    assert again.plan.summary == first.plan.summary


def test_in_a_store_with_ambiguous_names_each_run_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("first", "3", "1..3", "2024-01-02")
    with planstore.open(tmp_path / "results") as store:
        with monkeypatch.context() as older:
            older.setattr("planstore.runs.checked_request.refuse_other_meaning", lambda *_: None)
            for seed, name in enumerate(names):
                routed(store, name, seed=seed)
        with pytest.raises(RequestError, match=r"'3', which means run '1\.\.3' of commit 3 and run '3' of commit 2"):
            store.plan("3")
        assert [store.run(name).commit_id for name in ("first", "2", "1..3", "2024-01-02")] == [1, 2, 3, 4]
        found = store.whatif(samples.policy(), runs=["1..3"])
        assert found.as_dict()["runs"] == ["1..3"]
        with pytest.raises(PlanstoreError, match="is no run"):
            store.plan("latest")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("../x", "write 'x'"),
        ("a,b", "write 'a_b', or give 'a' and 'b' each by itself"),
        ("../light/gbm", "write 'light_gbm'"),
        ("lightgbm;xgboost", "give 'lightgbm' and 'xgboost' each by itself"),
        ("model.v2", "write 'model_v2'"),
        ("_x", "write 'x'"),
        ("tab\tnet", "write 'tab_net'"),
        ("", "got ''"),
        ("---", "got '---'"),
        ("mutual_information", "it selects features"),
    ],
)
def test_a_family_that_would_be_planned_under_another_name_is_refused(store: Store, name: str, hint: str) -> None:
    rows = samples.table(samples.records())
    with pytest.raises(RequestError, match=f"each of model_families must be .*{re.escape(hint)}"):
        store.route(rows, samples.policy(), ["lightgbm", name])
    if name:
        with pytest.raises(RequestError, match=f"each family of a policy's rule must be .*{re.escape(hint)}"):
            store.route(rows, samples.policy(families=[{"use": [name]}]))
    assert not (store.results / "planstore").exists()


def test_families_in_other_spellings_are_taken(store: Store) -> None:
    names = ["LightGBM", "light-gbm", "Light GBM", "NGBoost", "x2", "été_1", "my_ridge", "a - b"]
    run = store.route(samples.table(samples.records()), samples.policy(), names)
    assert run.plan.metadata["model_families_requested"] == names
