"""What a job that succeeded left out is no error; both stand where older versions read and wrote them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import samples
from planstore import JobStatus, RequestError
from planstore.api.store import Store

MOMENT = datetime(2025, 1, 1, tzinfo=UTC)


def test_parts_that_a_success_left_out_have_a_field_of_their_own(store: Store) -> None:
    rows = [samples.record("a", symbol) for symbol in "ABC"]
    run = store.route(samples.table(rows), samples.policy(), ["linear"])
    texts = {"sym_a_A": {"left_out": "no library"}, "sym_a_B": {"error": "no library"}, "sym_a_C": {"error": "boom"}}

    def status(job_id: str, text: dict[str, str]) -> JobStatus:
        ended = "failed" if job_id == "sym_a_C" else "succeeded"
        return JobStatus(run.plan_id, job_id, ended, occurred_at=MOMENT, **text)  # type: ignore[arg-type]

    with store.training.status_writer() as writer:
        commit = writer.record(*(status(job_id, text) for job_id, text in texts.items()))
        older = writer.record(status("sym_a_A", {"error": "no library"}))
    assert older == commit, "an older caller's spelling is the same event"
    expected = {"sym_a_A": (None, "no library"), "sym_a_B": (None, "no library"), "sym_a_C": ("boom", None)}
    assert {job["job_id"]: (job["error"], job["left_out"]) for job in store.training.jobs()} == expected
    for view in ("job_status", "current_jobs", "job_latest_status"):
        found = store.sql(f"select job_id, error, left_out from {view}").fetchall()
        assert {job_id: (error, left_out) for job_id, error, left_out in found} == expected, view
    payload = store.sql("select payload->>'left_out' from history where job_id = 'sym_a_B' and type = 'job_status'")
    assert payload.fetchall() == [("no library",)]
    (why,) = store.why("a", "A").jobs
    assert (why["error"], why["left_out"]) == expected["sym_a_A"]
    changes = store.training.status_changes(after=0)
    assert {change["job_id"]: (change["error"], change["left_out"]) for change in changes} == expected
    stored = store.access.ledger.reader().records("ledger/read_events", table="job_status", first=commit, last=commit)
    assert [row["error"] for row in stored] == ["no library", "no library", "boom"]
    assert "left_out" not in stored[0], "the format of the store is as it was"


@pytest.mark.parametrize(
    ("status", "texts", "message"),
    [
        ("failed", {"left_out": "x"}, "left_out must be given with status succeeded only, got status 'failed'"),
        ("succeeded", {"left_out": "x", "error": "y"}, "error must be None beside left_out, got 'y'"),
        ("succeeded", {"left_out": 5}, "left_out must be"),
    ],
)
def test_a_status_that_says_both_is_refused(status: str, texts: dict[str, str], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        JobStatus("p", "j", status, **texts)  # type: ignore[arg-type]
