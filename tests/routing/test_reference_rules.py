"""The reference's names, numbers and gaps, against the plain Python of ``tests/oracles.py``."""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

import oracles
import samples
import strategies
from planstore.api.store import Store
from planstore.database import sql
from planstore.database.session import Session
from planstore.routing.candidates import read_candidates
from planstore.routing.policy_reader import read_policy
from planstore.routing.rules import apply_rules, current_rules
from staging import stage

EXAMPLES = int(os.environ.get("PLANSTORE_EXAMPLES", "10"))
Record = dict[str, Any]


@pytest.fixture(scope="module")
def names() -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a database that knows how the reference names families."""
    with duckdb.connect() as connection:
        for step in ("unicode_lower", "reference_family_words", "reference_family_name"):
            connection.execute(sql.load(f"routing/{step}"))
        yield connection


@settings(max_examples=EXAMPLES)
@given(asked=st.lists(strategies.spellings(), min_size=200, max_size=200))
def test_a_family_has_the_name_that_the_nine_steps_give_it(names: duckdb.DuckDBPyConnection, asked: list[str]) -> None:
    found = names.execute("SELECT list_transform($asked, lambda name: reference_family_name(name))", {"asked": asked})
    row = found.fetchone()
    assert row is not None
    assert dict(zip(asked, row[0], strict=True)) == {name: oracles.reference_family_name(name) for name in asked}


@settings(max_examples=EXAMPLES)
@given(asked=st.lists(strategies.spellings(), max_size=40))
def test_selectors_and_blanks_go_and_of_two_names_the_first_stays(session: Session, asked: list[str]) -> None:
    document = samples.policy(semantics="reference")
    decide(session, document, [samples.record("y_10m")], families=asked)
    found = [family for (family,) in session.rows("planning/read_model_families")]
    assert found == oracles.model_families(asked, document["routing"])


def decide(
    session: Session, document: Record, rows: list[Record], *, families: list[str] | None = None, float32: bool = False
) -> list[Record]:
    """Return what the rules decide on candidates, whose scores are 32-bit floats or not."""
    policy, _ = read_policy(document)
    table = pa.Table.from_pylist(rows, samples.SCHEMA.append(pa.field("stability_snapshots", pa.int64())))
    if float32:
        place = table.column_names.index("score")
        table = table.set_column(place, "score", table["score"].cast(pa.float32()))
    evidence = read_candidates(table, strict=False)
    assert evidence.has_float32_scores == float32
    stage(session, policy, evidence.table, families)
    decided: list[Record] = (
        apply_rules(session, current_rules(float32=float32)).drop_columns(["position", "scenario"]).to_pylist()
    )
    return decided


def rounded(value: Any) -> Any:
    """Return a threshold in which every number is rounded to 32 bits."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    return float(np.float32(value))


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_scores_of_32_bits_are_compared_as_such(session: Session, data: st.DataObject) -> None:
    levels = st.sampled_from(strategies.SCORES) | st.floats(-1, 1)
    numbers = levels | st.fixed_dictionaries({}, optional={"classification": levels, "regression": levels})
    side = st.fixed_dictionaries({"min_score": numbers, "strong_score": numbers})
    lane = st.fixed_dictionaries({"min_score": numbers, "allowed_stabilities": st.just(["STABLE"])})
    changes: Record = data.draw(st.fixed_dictionaries({"cross_sectional": side, "symbol": side, "experimental": lane}))
    document = samples.policy(semantics="reference", enable_experimental_lane=True, **changes)
    near = st.sampled_from(
        [
            float(np.nextafter(np.float32(level), np.float32(way)))
            for level in strategies.SCORES
            for way in (-9, level, 9)
        ]
    )
    scores = data.draw(st.lists(near | st.floats(-1, 1, width=32), min_size=4, max_size=12))
    tasks = st.sampled_from(("BINARY_CLASSIFICATION", "regression", None))
    rows = [
        samples.record("y_10m", f"S{place}" if place else None, score, task_type=data.draw(tasks))
        for place, score in enumerate(scores)
    ]
    found = decide(session, document, rows, float32=True)
    policy = read_policy(document)[0].model_dump(mode="json")
    for section, keys in changes.items():
        policy[section] |= {name: rounded(value) for name, value in keys.items() if name != "allowed_stabilities"}
    assert found == oracles.decisions(rows, policy, ())


def test_a_run_over_32_bit_scores_is_explained_and_tried_again_as_it_was_decided(store: Store) -> None:
    lowest = float(np.float32(0.58))
    below = float(np.nextafter(np.float32(0.58), np.float32(0)))
    assert below < lowest < 0.58
    document = samples.policy(semantics="reference", symbol={"min_score": 0.5, "strong_score": 0.58})
    rows = [samples.record("y_10m", "AT", lowest), samples.record("y_10m", "BELOW", below)]
    table = samples.table(rows)
    narrow = table.set_column(3, "score", table["score"].cast(pa.float32()))
    assert table.column_names[3] == "score"
    states = {}
    for name, candidates in (("double", table), ("single", narrow)):
        store.route(candidates, document, run_id=name)
        states[name] = [
            state
            for (state,) in store.sql(
                "select local_state from decisions where run_id = $run and symbol is not null order by symbol", run=name
            ).fetchall()
        ]
        assert store.why("y_10m", "AT", run_id=name).findings == []
        assert store.training.stale_reasons() == []
    assert states == {"double": ["WEAK_BUT_OK", "WEAK_BUT_OK"], "single": ["STRONG", "WEAK_BUT_OK"]}
    assert store.whatif(document).flips == 0
    (check,) = (check for check in store.why("y_10m", "AT").checks if check["check"] == "STRONG_SCORE")
    assert (check["threshold"], check["passed"]) == (lowest, True)
    nearest = store.why("y_10m", "BELOW").nearest_policy
    assert nearest is not None


MEANS = (0.9, 0.6, 0.1, math.inf, -math.inf, None, math.nan)
SPREADS = (0.2, math.nextafter(0.2, 1), 0.9, math.inf, -math.inf, None, math.nan)


def test_each_stability_metric_counts_by_itself(session: Session) -> None:
    document = samples.policy(semantics="reference")
    tried = list(itertools.product(MEANS, SPREADS, (0.9, 0.45, None), (0.1, 0.3, math.nan)))
    rows = [
        samples.record("y_10m", f"{swapped} {place}", stability="UNKNOWN", stability_metrics=dict(zip(order, values, strict=True)))
        for swapped, order in enumerate((strategies.METRICS, (*strategies.METRICS[2:], *strategies.METRICS[:2])))
        for place, values in enumerate(tried)
    ]  # fmt: skip
    policy = read_policy(document)[0].model_dump(mode="json")
    found = decide(session, document, rows)
    assert found == oracles.decisions(rows, policy, ())
    assert {row["local_stability"] for row in found} == {None, *strategies.STABILITIES}
