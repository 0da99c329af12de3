from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

import samples
from planstore.api.store import Store
from planstore.events.canonical import canonical_json
from planstore.events.commit import GENESIS, utc_text
from planstore.events.digest import RowsDigest
from planstore.events.hashing import digest_of
from planstore.ledger.ledger import EVENT_TABLES, Ledger
from planstore.ledger.opening import storage_in


@pytest.fixture
def ledger(store: Store) -> Iterator[Ledger]:
    for seed in range(3):
        store.route(samples.table(samples.records(seed=seed)), samples.policy(), include_blocked=True)
    store.route(samples.table(samples.records(40, 9)), samples.policy())  # more rows than the catalog keeps inline
    store.route(samples.table(samples.records(seed=1)), samples.policy(), ["lightgbm"], run_id="again ☃ 'quoted'")
    opened = Ledger(storage_in(store.results / "planstore"), create=False)
    yield opened
    opened.close()


def test_the_digest_of_every_commit_is_that_of_the_rows_the_ledger_holds(ledger: Ledger) -> None:
    session = ledger.query_session()
    found = session.query("from commits order by commit_id").fetchall()
    columns = session.query("from commits").columns
    previous = GENESIS
    for number, row in enumerate(found, 1):
        commit = dict(zip(columns, row, strict=True))
        assert commit["commit_id"] == number
        counted = {count["table"]: count for count in commit["counts"]}
        position = 0
        for table in EVENT_TABLES:
            digest = RowsDigest.of(
                ledger.reader().batches("ledger/read_events", table=table, first=number, last=number)
            )
            assert digest.rows == counted.get(table, {"rows": 0})["rows"]
            if digest.rows:
                assert digest.hexdigest() == counted[table]["digest"], (number, table)
                positions = (
                    ledger.reader()
                    .batches("ledger/read_events", table=table, first=number, last=number)
                    .read_all()["position"]
                )
                assert positions.to_pylist() == list(range(position + 1, position + digest.rows + 1))
                position += digest.rows
        header = {name: commit[name] for name in columns if name not in ("digest", "recorded_at")}
        header["recorded_at"] = utc_text(commit["recorded_at"])
        assert commit["previous_digest"] == previous
        assert digest_of(canonical_json(header)) == commit["digest"]
        previous = commit["digest"]
    assert len(found) == 5


def test_policies_rules_and_plans_are_kept_as_artifacts_under_their_ids(ledger: Ledger) -> None:
    session = ledger.query_session()
    for policy_id, rules_id, plan_id in session.query("select policy_id, rules_id, plan_id from runs").fetchall():
        assert json.loads(ledger.artifacts.get(policy_id))["semantics"] == "strict"
        assert json.loads(ledger.artifacts.get(rules_id))["steps"][0]["name"] == "score_text"
        assert json.loads(ledger.artifacts.get(plan_id))["policy_id"] == policy_id
    kept = {digest for (digest,) in session.query("select digest from artifacts").fetchall()}
    files = {path.name for path in ledger.layout.artifacts.rglob("*") if path.is_file()}
    assert kept == files


def test_what_is_recorded_later_is_not_seen_as_of_an_earlier_commit(ledger: Ledger, store: Store) -> None:
    then = store.at(2)
    assert then.sql("select max(commit_id) from history").fetchall() == [(2,)]
    assert then.sql("select count(*) from runs").fetchall() == [(2,)]
    assert then.run().commit_id == 2
    assert then.sql("select count(distinct plan_id) from plan_documents").fetchall() == [(2,)]
    assert store.at(0).sql("select count(*) from history").fetchall() == [(0,)]
