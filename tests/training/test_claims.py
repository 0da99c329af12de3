"""Claims: who may train which job, with no process started. Times are leases of negative length, not waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

import markets
import samples
from ledger_checks import check_ledger
from planstore.api.store import Store
from planstore.events.vocabulary import CommitKind, JobState
from planstore.ledger.ledger import Ledger
from planstore.ledger.opening import storage_in
from planstore.ledger.status_writer import append_statuses
from planstore.training.execution.claims import Claim, Claims
from planstore.training.execution.task import File, Result

LONG = timedelta(hours=1)
OVER = timedelta(seconds=-1)
"""A lease that is over as soon as it is given."""
DONE = Result(
    JobState.SUCCEEDED, {"score": 0.6}, (File("predictions", "text/plain", b"p"), File("model x", "text/plain", b"m"))
)
Holder = Callable[..., Claims]


@pytest.fixture
def plan_id(store: Store) -> str:
    return markets.route(store, ["lightgbm", "torch"])


@pytest.fixture
def holder(store: Store, plan_id: str) -> Holder:
    def make(name: str, lease: timedelta = LONG, max_attempts: int = 3, gpu: tuple[str, ...] = ()) -> Claims:
        return Claims(store.access.ledger, plan_id, name, gpu_families=gpu, lease=lease, max_attempts=max_attempts)

    return make


def claimed(claims: Claims, wanted: int = 100) -> list[str]:
    return [claim.job_id for claim in claims.settle({}, wanted=wanted).claims]


def statuses(store: Store, job_id: str) -> list[tuple[int, str, str, str | None]]:
    query = "select attempt, status, worker, error from job_status where job_id = $job order by commit_id, position"
    return store.sql(query, job=job_id).fetchall()


FIRST = ["cs_y_level_2d", "cs_y_up_1d"]
ALONE = ["sym_fwd_ret_1d_AAA", "sym_fwd_ret_1d_BBB", "sym_fwd_ret_1d_CCC"]
BOTH = ["sym_y_level_2d_AAA", "sym_y_up_1d_AAA"]


def test_a_job_has_one_holder(holder: Holder) -> None:
    one, two = holder("one"), holder("two")
    first = claimed(one, 2)
    assert first == FIRST
    assert claimed(two) == ALONE
    assert claimed(one) == []


def test_a_combining_job_waits_for_the_pooled_one_which_is_as_urgent(holder: Holder, store: Store) -> None:
    one = holder("one")
    assert claimed(one) == [*FIRST, *ALONE]
    settled = one.settle(
        {Claim("cs_y_up_1d", 1): DONE, Claim("cs_y_level_2d", 1): Result(JobState.FAILED, error="x")}, wanted=9
    )
    assert [claim.job_id for claim in settled.claims] == BOTH
    (digest,) = store.sql("select digest from artifacts where name = 'predictions'").fetchone() or ("",)
    assert one.file_of("cs_y_up_1d", "predictions") == digest
    assert one.file_of("cs_y_level_2d", "predictions") is None


def test_jobs_of_the_gpu_stage_come_after_those_as_urgent(store: Store, holder: Holder) -> None:
    policy_families = [{"use": ["torch"], "symbol": "BBB"}, {"use": ["torch"], "target": "y_level_2d", "priority": 2}]
    plan = store.route(markets.candidates(), samples.policy(families=policy_families), ["lightgbm"]).plan_id
    claims = Claims(store.access.ledger, plan, "one", gpu_families=["torch"], lease=LONG, max_attempts=3)
    assert claimed(claims) == [FIRST[1], FIRST[0], ALONE[0], ALONE[2], ALONE[1]]


def test_reports_renewals_and_claims_share_a_commit(holder: Holder, store: Store) -> None:
    one = holder("one")
    claims = one.settle({}, wanted=3).claims
    settled = one.settle({claims[0]: DONE}, held=dict.fromkeys(claims[1:], JobState.RUNNING), wanted=1)
    assert settled.progress == {"claimed": 1, "planned": 3, "running": 2, "succeeded": 1}
    assert settled.refused == set()
    kinds = store.sql("select commit_id, status, count(*) from job_status group by all order by all").fetchall()
    assert kinds == [(2, "claimed", 3), (3, "claimed", 1), (3, "running", 2), (3, "succeeded", 1)]
    (artifacts,) = store.sql("select count(*) from artifacts where commit_id = 3").fetchone() or (0,)
    assert artifacts == 2
    check_ledger(store.results)
    assert store.integrity.verify().holds


def test_nothing_to_settle_makes_no_commit(holder: Holder, store: Store) -> None:
    holder("one").settle({})
    assert len(store.log()) == 1


def test_who_lost_a_lease_is_not_heard_and_no_job_succeeds_twice(holder: Holder, store: Store) -> None:
    slow, quick = holder("slow", OVER), holder("quick")
    (claim,) = slow.settle({}, wanted=1).claims
    (again,) = quick.settle({}, wanted=1).claims
    assert again == Claim(claim.job_id, 2)
    assert quick.settle({again: DONE}).refused == set()
    assert slow.settle({claim: DONE}).refused == {claim}
    assert slow.settle({}, held={claim: JobState.RUNNING}).refused == {claim}
    assert statuses(store, claim.job_id) == [
        (1, "claimed", "slow", None),
        (1, "planned", "slow", "slow let its lease run out"),
        (2, "claimed", "quick", None),
        (2, "succeeded", "quick", None),
    ]


def test_a_result_reported_twice_counts_once(holder: Holder) -> None:
    one = holder("one")
    (claim,) = one.settle({}, wanted=1).claims
    assert one.settle({claim: DONE}).refused == set()
    assert one.settle({claim: DONE}).refused == {claim}


def test_a_lease_that_ran_out_is_still_its_own_while_nobody_took_it(holder: Holder, store: Store) -> None:
    slow = holder("slow", OVER)
    (claim,) = slow.settle({}, wanted=1).claims
    assert slow.settle({claim: DONE}).progress["succeeded"] == 1


def test_a_job_whose_workers_die_is_tried_until_the_limit_and_again_by_a_later_call(
    holder: Holder, store: Store
) -> None:
    one = holder("one", max_attempts=2)
    (claim,) = one.settle({}, wanted=1).claims
    (claim,) = one.settle({claim: Result("lost", error="it died")}, wanted=1).claims
    assert claim.attempt == 2
    settled = one.settle({claim: Result("lost", error="it died too")}, wanted=1)
    assert settled.progress["failed"] == 1
    assert claim.job_id not in [other.job_id for other in settled.claims]
    assert [(status, error) for _, status, _, error in statuses(store, claim.job_id)] == [
        ("claimed", None), ("planned", "it died"), ("claimed", None), ("failed", "it died too"),
    ]  # fmt: skip
    later = holder("later")
    assert later.settle({}, wanted=1).claims == [Claim(claim.job_id, 3)]


def test_what_failed_during_a_call_is_not_tried_again_by_it(holder: Holder) -> None:
    one = holder("one")
    first = one.settle({}, wanted=1).claims
    settled = one.settle({first[0]: Result(JobState.FAILED, error="x")}, wanted=100)
    assert first[0].job_id not in [claim.job_id for claim in settled.claims]
    assert holder("two").settle({}, wanted=1).claims == [Claim(first[0].job_id, 2)]


def test_a_plan_is_over_when_nobody_has_anything_left(holder: Holder) -> None:
    one = holder("one")
    settled = one.settle({}, wanted=100)
    while settled.claims:
        assert not settled.is_over
        settled = one.settle(dict.fromkeys(settled.claims, DONE), wanted=100)
    assert settled.is_over
    assert settled.progress == {"succeeded": 7}


LEASE = timedelta(seconds=30)
NOON = datetime(2031, 1, 1, 12, tzinfo=UTC)


class Machine:
    """A machine with a wall clock of its own, and one of its own that says how long it runs."""

    def __init__(self, store: Store, plan_id: str, name: str, time: datetime) -> None:
        self.time, self.running = time, 1000.0
        self._ledger = Ledger(storage_in(store.results / "planstore"), clock=lambda: self.time)
        self.claims = Claims(
            self._ledger, plan_id, name, gpu_families=(), lease=LEASE, max_attempts=3, clock=lambda: self.running
        )

    def waits(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
        self.running += seconds

    def close(self) -> None:
        self.claims.close()
        self._ledger.close()


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(hours=1), -timedelta(hours=1), timedelta(days=400)])
def test_a_lease_is_lost_when_nothing_was_heard_for_as_long_as_it_lasts_whatever_the_time_is_elsewhere(
    store: Store, plan_id: str, ahead: timedelta
) -> None:
    holder, other = Machine(store, plan_id, "holder", NOON), Machine(store, plan_id, "other", NOON + ahead)
    held = holder.claims.settle({}, wanted=5).claims
    assert other.claims.settle({}, wanted=5).claims == []
    for _ in range(3):
        for machine in (holder, other):
            machine.waits(20)
        assert holder.claims.settle({}, held=dict.fromkeys(held, JobState.CLAIMED)).refused == set()
        assert other.claims.settle({}, wanted=5).claims == [], "it was renewed meanwhile"
    other.waits(LEASE.total_seconds())
    assert other.claims.settle({}, wanted=5).claims == []
    other.waits(0.1)
    lost = other.claims.settle({}, wanted=5).claims
    assert lost == [Claim(claim.job_id, 2) for claim in held]
    assert holder.claims.settle({held[0]: DONE}).refused == {held[0]}
    assert statuses(store, held[0].job_id)[-2:] == [
        (1, "planned", "holder", "holder let its lease run out"),
        (2, "claimed", "other", None),
    ]
    holder.close()
    other.close()


def test_who_comes_later_waits_as_long_as_the_lease_lasts(store: Store, plan_id: str) -> None:
    holder, late = Machine(store, plan_id, "holder", NOON), Machine(store, plan_id, "late", NOON + timedelta(days=1))
    held = holder.claims.settle({}, wanted=1).claims
    late.waits(3600)
    assert held[0].job_id not in [claim.job_id for claim in late.claims.settle({}, wanted=1).claims]
    late.waits(LEASE.total_seconds() + 0.1)
    assert late.claims.settle({}, wanted=1).claims == [Claim(held[0].job_id, 2)]
    holder.close()
    late.close()


def test_a_holder_whose_name_an_older_planstore_took_can_lose_its_job(store: Store, plan_id: str) -> None:
    claims = Claims(store.access.ledger, plan_id, "old", gpu_families=(), lease=OVER, max_attempts=3)
    (claim,) = claims._claimable(1)
    with store.access.ledger.commit(claims._session, CommitKind.STATUS, run_id=None) as builder:
        row = claims._row(claim, "running", NOON, worker="old") | {"worker": "a\x1b[31mb"}
        append_statuses(builder, [row])
    again = Claims(store.access.ledger, plan_id, "new", gpu_families=(), lease=LONG, max_attempts=3)
    assert again.settle({}, wanted=1).claims == [Claim(claim.job_id, 2)]
    assert statuses(store, claim.job_id)[1][2] == "a\\x1b[31mb"
    claims.close()
    again.close()
