"""Events made in Python are checked where they are made: what cannot be recorded and read again is refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, strategies as st

import samples
from planstore import JobStatus, Override, RequestError
from planstore.checks.texts import is_recordable
from planstore.events import fields
from planstore.events.commit import GENESIS, Commit, TableCount
from planstore.ledger.artifact_events import ArtifactEvent
from planstore.ledger.status_writer import status_table
from planstore.routing.candidates import read_candidates
from planstore.routing.policy_reader import read_policy
from planstore.runs.request import RunRequest

MOMENT = datetime(2025, 1, 1, tzinfo=UTC)
DIGEST = "ab" * 32
POLICY, _ = read_policy(samples.policy())
EVIDENCE = read_candidates(samples.table(samples.records(1, 1)), strict=True)
EVENTS: dict[Callable[..., Any], dict[str, Any]] = {
    JobStatus: {
        "plan_id": "p", "job_id": "j", "status": "running", "attempt": 1, "worker": "w", "occurred_at": MOMENT,
        "lease_until": MOMENT, "metrics": {"auc": 0.6}, "error": "e", "artifacts": (DIGEST,),
    },
    Override: {
        "override_id": "o", "target": "t", "symbol": "s", "route": "ROUTE_BOTH", "author": "a", "reason": "r",
        "expires_at": MOMENT,
    },
    ArtifactEvent: {"digest": DIGEST, "media_type": "m", "size": 1, "name": "n", "belongs_to": "b"},
    TableCount: {"table": "jobs", "rows": 1, "digest": DIGEST},
    Commit: {
        "commit_id": 1, "recorded_at": MOMENT, "run_id": "r", "kind": "run", "actor": "a", "message": "m",
        "idempotency_key": "k", "planstore_version": "1", "counts": (), "previous_digest": GENESIS,
    },
    RunRequest: {
        "evidence": EVIDENCE, "policy": POLICY, "policy_name": "p", "run_id": "r", "git_commit": "g",
        "config_hash": "c", "idempotency_key": "k", "expected_commit": 1,
        "settings": {"metrics_snapshot": "m", "model_families": ["lightgbm"], "include_blocked": False},
    },
}  # fmt: skip
"""Every event that is made in Python, with fields that are as they must be."""
Field = tuple[Callable[..., Any], str]
NAMES: tuple[Field, ...] = (
    (JobStatus, "plan_id"), (JobStatus, "job_id"), (JobStatus, "worker"), (Override, "target"), (Override, "symbol"),
    (Override, "author"), (Override, "reason"), (ArtifactEvent, "name"), (ArtifactEvent, "media_type"),
    (ArtifactEvent, "belongs_to"), (Commit, "actor"), (Commit, "kind"),
)  # fmt: skip
TEXTS: tuple[Field, ...] = (
    (JobStatus, "error"), (Commit, "message"), (RunRequest, "git_commit"), (RunRequest, "config_hash"),
    (RunRequest, "policy_name"),
)  # fmt: skip
WORDS: tuple[Field, ...] = (
    (JobStatus, "status"),
    (Override, "route"),
    (ArtifactEvent, "digest"),
    (TableCount, "digest"),
)
NEEDED: tuple[Field, ...] = (
    (JobStatus, "plan_id"), (JobStatus, "job_id"), (JobStatus, "status"), (JobStatus, "attempt"),
    (JobStatus, "occurred_at"), (JobStatus, "artifacts"), (Override, "target"), (Override, "route"),
    (Override, "author"), (Override, "reason"), *((ArtifactEvent, name) for name in EVENTS[ArtifactEvent]),
    (Commit, "message"), (Commit, "recorded_at"), (RunRequest, "policy_name"),
)  # fmt: skip


def made(kind: Callable[..., Any], /, **changes: Any) -> Any:
    return kind(**EVENTS[kind] | changes)


def refuses(field: Field, value: Any) -> None:
    kind, name = field
    with pytest.raises(RequestError) as refused:
        made(kind, **{name: value})
    assert "\n" not in str(refused.value), "one line, whatever was given"
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize("kind", EVENTS)
def test_fields_that_are_as_they_must_be_stay_as_they_are(kind: Callable[..., Any]) -> None:
    assert {name: getattr(made(kind), name) for name in EVENTS[kind]} == EVENTS[kind]


def test_none_is_refused_where_something_is_needed() -> None:
    for field in NEEDED:
        refuses(field, None)


def test_other_types_are_refused() -> None:
    for field in (*NAMES, *TEXTS, *WORDS):
        for value in (5, True, 0.5, b"bytes", ["a"], {"a": 1}, object(), math.nan, pd.NA, MOMENT):
            refuses(field, value)


def test_empty_and_over_long_texts_are_refused() -> None:
    for field in NAMES:
        for value in ("", " ", "\n", "x" * 5_000):
            refuses(field, value)
    for field in TEXTS:
        refuses(field, "x" * 100_001)
    for field in WORDS:
        for value in ("", "RUNNING", "ab" * 31, "AB" * 32, f"{DIGEST} "):
            refuses(field, value)


def test_control_characters_are_refused_in_names() -> None:
    for sign in map(chr, (*range(9), 11, 12, *range(14, 32), *range(127, 160))):
        refuses((JobStatus, "worker"), f"a{sign}b")
        refuses((Override, "target"), f"a{sign}b")
    for field in NAMES:
        refuses(field, "a\x1b[31m")


def test_nul_and_lone_surrogates_are_refused_in_every_text() -> None:
    for field in (*NAMES, *TEXTS, *WORDS):
        for value in ("a\0b", "\ud800", "a\udfff", "\udcff.yaml"):
            refuses(field, value)
    for metrics in ({"a\0": 1.0}, {"\ud800": 1.0}, {"": 1.0}, {5: 1.0}, {None: 1.0}):
        refuses((JobStatus, "metrics"), metrics)
    settings = EVENTS[RunRequest]["settings"]
    for change in ({"metrics_snapshot": "a\0"}, {"model_families": ["\ud800"]}, {"include_blocked": "no"}):
        refuses((RunRequest, "settings"), settings | change)


NUMBERS = (np.float64, np.float32, np.float16, np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint32, np.uint64)


def test_numpys_numbers_are_taken_as_the_numbers_that_they_are() -> None:
    for kind in NUMBERS:
        status = made(JobStatus, attempt=3, metrics={"auc": kind(7)})
        assert status.metrics == {"auc": 7}
        assert status.row(1)["metrics"] == ('{"auc":7.0}' if issubclass(kind, np.floating) else '{"auc":7}')
        if issubclass(kind, np.integer):
            assert type(made(JobStatus, attempt=kind(3)).attempt) is int
            assert made(ArtifactEvent, size=kind(3)) == made(ArtifactEvent, size=3)
            assert made(RunRequest, expected_commit=kind(3)).expected_commit == 3
    assert made(JobStatus, metrics={"auc": np.float32(0.1)}).metrics == {"auc": float(np.float32(0.1))}
    text = np.str_("running")
    assert type(made(JobStatus, status=text, job_id=text, error=text).row(1)["error"]) is str
    settings = EVENTS[RunRequest]["settings"]
    assert made(RunRequest, settings=settings | {"include_blocked": np.True_}).settings["include_blocked"] is True


def test_what_is_no_finite_number_is_refused() -> None:
    values = (math.nan, math.inf, -math.inf, np.float32("nan"), np.float16("inf"), True, np.True_, None, "1", b"1", [1],
              1j, Decimal("0.5"), 10**400, 2**63, -(2**63) - 1, pd.NA, pd.NaT)  # fmt: skip
    for value in values:
        refuses((JobStatus, "metrics"), {"auc": value})
    for metrics in ([("auc", 1.0)], "auc", 5, {"auc"}):
        refuses((JobStatus, "metrics"), metrics)
    assert made(JobStatus, metrics={"a": 2**63 - 1, "b": -(2**63), "c": -0.0, "d": 5e-324}).metrics is not None


def test_what_is_no_whole_number_in_its_range_is_refused() -> None:
    for value in (0, -1, 2**31, 2**70, 1.0, np.float64(1), True, np.True_, "1", math.nan, Decimal(1), None):
        refuses((JobStatus, "attempt"), value)
    for value in (-1, 1.0, True, "1"):
        refuses((ArtifactEvent, "size"), value)
        refuses((RunRequest, "expected_commit"), value)


def test_times_are_recorded_in_utc_and_need_a_zone_where_an_event_happened() -> None:
    east = timezone(timedelta(hours=14))
    assert made(JobStatus, occurred_at=MOMENT.astimezone(east)) == made(JobStatus)
    assert made(JobStatus, occurred_at=pd.Timestamp(MOMENT)) == made(JobStatus)
    assert type(made(JobStatus, occurred_at=pd.Timestamp("2025-01-01T00:00:00.000000001Z")).occurred_at) is datetime
    assert made(Override, expires_at=datetime(2025, 1, 1)) == made(Override), "UTC where no zone is given"
    for value in (MOMENT.replace(tzinfo=None), "2025-01-01", 5, pd.NaT, date(2025, 1, 1)):
        refuses((JobStatus, "occurred_at"), value)
    for value in (datetime(1, 1, 1, tzinfo=east), datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=2)))):
        for field in ((JobStatus, "occurred_at"), (JobStatus, "lease_until"), (Override, "expires_at")):
            refuses(field, value)


def test_artifacts_are_a_list_of_digests() -> None:
    for value in (DIGEST, [DIGEST, None], ["abc"], [DIGEST.upper()], {DIGEST}, 5, [b"ab" * 32], ["../" * 20 + "abcd"]):
        refuses((JobStatus, "artifacts"), value)
    assert made(JobStatus, artifacts=[DIGEST]).artifacts == (DIGEST,)


def test_an_event_cannot_be_changed_and_keeps_its_own_numbers() -> None:
    metrics = {"auc": 0.6}
    status = made(JobStatus, metrics=metrics)
    metrics["auc"] = math.nan
    assert status.metrics == {"auc": 0.6}
    with pytest.raises(AttributeError):
        status.attempt = 2


@given(value=st.text())
def test_any_text_is_refused_or_comes_out_as_it_went_in(value: str) -> None:
    for name in ("error", "worker", "job_id"):
        try:
            row = made(JobStatus, **{name: value}).row(1)
        except RequestError:
            continue
        assert status_table([row])[name].to_pylist() == [value]
        pa.array([row[name]]).validate(full=True)


@given(value=st.text(st.characters()))
def test_what_comes_from_elsewhere_is_made_recordable(value: str) -> None:
    assert made(JobStatus, error=fields.recordable(value)).error is not None
    assert fields.recordable(value) == value or not is_recordable(value)
    name = fields.as_name(value)
    assert name is None or made(JobStatus, worker=name).worker == name
