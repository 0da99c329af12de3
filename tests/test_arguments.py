"""Arguments of another type, times out of range, bytes that are no text, a fork: one clear error each, or they work."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import inputs
import planstore
import samples
from planstore import JobStatus, PlanFileError, PlanstoreError, QueryError, RequestError, Store, StoreError
from planstore.cli.verbs import app
from planstore.training.execution.train import train
from planstore.training.panel.panel import Panel

TARGET = "y_up_01_10m"
BEYOND = datetime.max.replace(tzinfo=timezone(-timedelta(hours=5)))
"""A time that is in the year 10000, once it is in UTC."""


@pytest.fixture(scope="module")
def used(shared_store: Store) -> Store:
    shared_store.route(samples.table(samples.records(2, 2)), samples.policy(), run_id="first")
    return shared_store


ANY: Any = 5
CALLS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a target that is a number": (lambda s: s.why(5), "target must be a text without NUL .*, got 5"),
    "a panel that is a path": (
        lambda s: s.measure("panel"),
        "panel must be a panel as planstore.Panel.read returns it, got 'panel'",
    ),
    "a panel that is a frame": (
        lambda s: s.train(samples.table(samples.records())),
        "panel must be a panel as planstore.Panel.read",
    ),
    "a target that is bytes": (lambda s: s.why(b"y"), "target must be a text .*, got b'y'"),
    "a target that is half a character": (lambda s: s.history("\ud800"), r"target must be a text .*, got '\\ud800'"),
    "a symbol that is a list": (lambda s: s.why(TARGET, ["A"]), r"symbol must be a text .* or None, got \['A'\]"),
    "a run that is a list": (lambda s: s.plan(["first"]), "name must be the name of a run .*, got"),
    "a run that is a truth": (lambda s: s.diff(True, "first"), "a must be the name of a run .*, got True"),
    "families that are a text": (
        lambda s: s.route(samples.table(samples.records(1, 1)), samples.policy(), "lightgbm"),
        "model_families must be a list of texts .*, got 'lightgbm'",
    ),
    "a flag that is a text": (
        lambda s: s.route(samples.table(samples.records(1, 1)), samples.policy(), include_blocked="no"),
        "include_blocked must be True or False, got 'no'",
    ),
    "a commit that is a text": (
        lambda s: s.route(samples.table(samples.records(1, 1)), samples.policy(), expected_commit="1"),
        "expected_commit must be a whole number .*, got '1'",
    ),
    "progress that is no function": (lambda s: s.maintenance.compact(progress=5), "progress must be a function, got 5"),
    "a grace that is a number": (lambda s: s.maintenance.compact(grace=5), "grace must be a duration, got 5"),
    "a grace below zero": (lambda s: s.maintenance.compact(grace=-timedelta(1)), "grace must be from 0 to 36,500 days"),
    "a grace beyond all times": (
        lambda s: s.maintenance.compact(grace=timedelta.max),
        "grace must be from 0 to 36,500 days",
    ),
    "a moment that is a fraction": (lambda s: s.at(1.5), "when must be a whole number .* a time .*, got 1.5"),
    "a moment beyond the range": (
        lambda s: s.at(BEYOND),
        "neither a commit's number nor a time in the years 1 to 9999",
    ),
    "a moment in text beyond it": (lambda s: s.at("9999-12-31T23:59:59-05:00"), "neither a commit's number nor a time"),
    "a moment that is no day": (lambda s: s.at("2024-02-30"), "neither a commit's number nor a time"),
    "an end beyond the range": (
        lambda s: s.overrides.set(TARGET, None, "ROUTE_BLOCKED", reason="r", expires_at=BEYOND),
        "expires_at must be a time in the years 1 to 9999 .*, got",
    ),
    "an end that is a text": (
        lambda s: s.overrides.set(TARGET, None, "ROUTE_BLOCKED", reason="r", expires_at="2030-01-01"),
        "expires_at must be a time or None, got '2030-01-01'",
    ),
    "a status beyond the range": (
        lambda s: JobStatus("p", "j", "running", occurred_at=BEYOND),
        "occurred_at must be a time in the years 1 to 9999",
    ),
    "a lease beyond the range": (
        lambda s: JobStatus("p", "j", "running", lease_until=BEYOND),
        "lease_until must be a time in the years 1 to 9999",
    ),
    "a day in the place of a time": (
        lambda _: JobStatus("p", "j", "running", occurred_at=date(2022, 1, 1)),  # type: ignore[arg-type]
        "occurred_at must be a time with a time zone",
    ),
    "workers that are a text": (
        lambda s: train(s, Panel.__new__(Panel), workers="2"),  # type: ignore[arg-type]
        "workers must be",
    ),
    "a panel that is a number": (
        lambda _: Panel.read(ANY),
        "source must be a path, .* got 5",
    ),
    "symbols that are a text": (lambda _: Panel.read(Path(), symbols="AAPL"), "symbols must be a list of texts"),
}


@pytest.mark.parametrize("what", CALLS)
def test_an_argument_of_another_type_is_refused_by_name_with_what_it_can_be(used: Store, what: str) -> None:
    call, said = CALLS[what]
    commits = len(used.log())
    with pytest.raises(RequestError, match=said):
        call(used)
    assert len(used.log()) == commits


@pytest.mark.parametrize("results", [5, None, b"results", "\ud800", "a\0b", ["results"]], ids=repr)
def test_a_results_folder_that_is_no_path_is_a_store_error(results: Any) -> None:
    with pytest.raises(StoreError, match="the results folder must be a path in UTF-8, got"):
        planstore.open(results)


NO_PLANS = [5, b"x", "\ud800", "x" * 5000, {"jobs": 5}, {"jobs": [], "summary": 5}, object()]


@pytest.mark.parametrize("plan", NO_PLANS, ids=range(len(NO_PLANS)))
def test_a_plan_that_is_none_is_refused_by_every_helper(plan: Any) -> None:
    for helper in (planstore.get_cs_jobs, planstore.get_training_plan_summary):
        with pytest.raises(PlanstoreError) as refused:
            helper(plan)
        assert "object at 0x" not in str(refused.value)
    with pytest.raises(PlanFileError, match="`priority` of a job must be of type int32 or null"):
        planstore.get_cs_jobs({"jobs": [{"priority": object()}]})


def test_a_parameter_that_the_database_cannot_take_is_a_query_error(used: Store) -> None:
    for value in (object(), "\ud800", ["\ud800"]):
        with pytest.raises((QueryError, RequestError)):
            used.sql("select $x", x=value).fetchall()


def test_what_says_a_type_in_another_way_is_taken(used: Store) -> None:
    assert used.plan(1).plan_id == used.plan("1").plan_id == used.plan(np.int64(1)).plan_id  # type: ignore[arg-type]
    assert used.plan(datetime.now(UTC)).plan_id == used.plan("first").plan_id
    assert used.at(date(2999, 1, 1)).log() == used.log()  # type: ignore[arg-type]
    assert used.at(date(2001, 1, 1)).log() == []  # type: ignore[arg-type]
    made = used.overrides.set(TARGET, "A", "ROUTE_BLOCKED", reason="r", expires_at=date(2999, 1, 1))  # type: ignore[arg-type]
    assert made.expires_at == datetime(2999, 1, 1, tzinfo=UTC)


def cli(used: Store, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(words), env={"PLANSTORE_RESULTS": str(used.results)})
    return done.exit_code, str(done.exception or done.output)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2999-01-01", datetime(2999, 1, 1, tzinfo=UTC)),
        ("2999-01-01T00:00:00Z", datetime(2999, 1, 1, tzinfo=UTC)),
        ("2999-01-01T00:00:00.5+02:00", datetime(2998, 12, 31, 22, 0, 0, 500_000, tzinfo=UTC)),
    ],
)
def test_an_end_may_have_a_zone_and_a_fraction(used: Store, given: str, expected: datetime) -> None:
    assert cli(used, "override", "set", TARGET, "B", "ROUTE_BLOCKED", "--reason", "r", "--expires", given)[0] == 0
    assert next(one.expires_at for one in used.overrides.list() if one.symbol == "B") == expected


@pytest.mark.parametrize("given", ["10000-01-01", "9999-12-31T23:59:59-05:00", "2024-02-30", "soon", "5"])
def test_an_end_that_is_no_time_is_refused(used: Store, given: str) -> None:
    code, said = cli(used, "override", "set", TARGET, "C", "ROUTE_BLOCKED", "--reason", "r", "--expires", given)
    assert code != 0
    assert (
        f"--expires must be a time in the years 1 to 9999 (UTC), in ISO 8601 as 2022-12-31T00:00:00Z is, got '{given}'"
        in said
    )


@pytest.mark.parametrize("given", ["10000-01-01", "0001-01-01T00:00:00+05:00", "2024-02-30", "9" * 40])
def test_a_moment_that_is_none_is_refused(used: Store, given: str) -> None:
    code, said = cli(used, "log", "--as-of", given)
    assert code != 0
    assert f"'{given}' is neither a commit's number nor a time in the years 1 to 9999" in said


@pytest.mark.parametrize("words", [["why", "\udcff"], ["sql", "select '\udcff'"], ["plan", "a\udcfeb"], ["\udcff"]])
def test_an_argument_of_bytes_that_are_no_text_is_refused(used: Store, words: list[str]) -> None:
    code, said = cli(used, *words)
    assert code != 0
    assert "an argument must be text in UTF-8, got " in said


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such argument")
def test_such_an_argument_to_the_process_ends_it_with_one_line(used: Store) -> None:
    done = inputs.python("from planstore.cli import main; main()", "why", "\udcff", cwd=used.results)
    assert done.returncode == 2
    assert done.stderr == "planstore: an argument must be text in UTF-8, got '\\udcff': convert it\n"


FORK = """
import os, sys
import planstore, samples
store = planstore.open(sys.argv[1])
run = store.route(samples.table(samples.records(1, 2)), samples.policy())
plan = run.plan
planstore.get_cs_jobs(plan)
store.log()  # because a fork also closes a store that it has asked before
unused = planstore.open(sys.argv[2])
child = os.fork()
if child == 0:
    said = []
    for call in (
        lambda: store.route(samples.table(samples.records(1, 2)), samples.policy()),
        lambda: store.log(),
        lambda: planstore.get_cs_jobs(plan),
    ):
        try:
            call()
        except planstore.StoreError as error:
            said.append(str(error))
    store.close()
    count = len(unused.log())
    os.write(1, "\\n".join([*said, str(count)]).encode())
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
assert len(store.log()) == 1
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_a_fork_is_told_to_open_the_store_again_and_may_use_one_that_was_not_used_before(tmp_path: Path) -> None:
    with planstore.open(tmp_path / "unused") as store:
        store.create()
    done = inputs.python(FORK, str(tmp_path / "used"), str(tmp_path / "unused"))
    assert done.returncode == 0, done.stderr
    *said, commits = done.stdout.splitlines()
    assert commits == "0"
    assert len(said) == 3
    assert all("is a fork of it: open the store again here" in line for line in said)


def test_a_store_whose_ledger_is_closed_already_can_be_closed_and_used_again(used: Store) -> None:
    commits = used.log()
    used.access.ledger.close()
    used.close()
    assert used.log() == commits
