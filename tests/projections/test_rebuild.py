from __future__ import annotations

import samples
from planstore.api.store import Store
from planstore.ledger.ledger import Ledger
from planstore.ledger.opening import storage_in


def test_a_rebuild_gives_what_was_there_byte_for_byte(store: Store) -> None:
    for seed in range(4):
        store.route(samples.table(samples.records(seed=seed)), samples.policy())
    before = store.sql("from plan_documents order by all").fetchall()
    first = store.maintenance.rebuild()
    assert first.same
    assert first.documents == len(before)
    assert store.sql("from plan_documents order by all").fetchall() == before
    assert store.maintenance.rebuild().digest == first.digest
    assert store.export().written > 0


def test_a_rebuild_repairs_documents_that_went_missing_and_says_so(store: Store) -> None:
    store.route(samples.table(samples.records()), samples.policy())
    before = store.sql("from plan_documents order by all").fetchall()
    ledger = Ledger(storage_in(store.results / "planstore"))
    session = ledger.writer()
    session.run("projections/drop_plan_documents")
    session.run("schema/tables/plan_documents")
    ledger.close()
    done = store.maintenance.rebuild()
    assert not done.same
    assert store.sql("from plan_documents order by all").fetchall() == before


def test_a_rebuild_of_an_empty_store_is_empty(store: Store) -> None:
    assert store.maintenance.rebuild().documents == 0
