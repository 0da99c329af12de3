"""Histories made on purpose: runs that differ in what a test says, and in nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from unittest import mock

import orjson
import pyarrow as pa

import planstore.ledger.ledger
import planstore.plans.staleness
import planstore.routing.rules
import planstore.runs.create
import samples
from planstore.api.store import Store
from planstore.events.canonical import canonical_json
from planstore.routing.rules import Rules, current_rules
from planstore.runs.run import Run

Record = dict[str, Any]
SCHEMA = samples.SCHEMA.append(pa.field("stability_snapshots", pa.int64()))
TARGET, SYMBOL = "y_up_10m", "AAPL"


def cs(score: float = 0.5, **other: Any) -> Record:
    """Return the target's cross-sectional candidate; as it is, its side is disallowed under ``samples.policy()``."""
    return samples.record(TARGET, None, score, **other)


def local(score: float = 0.7, **other: Any) -> Record:
    """Return the pair's own candidate; as it is, its side is strong, and the pair is routed to a model of its own."""
    return samples.record(TARGET, SYMBOL, score, **other)


def route(store: Store, rows: Sequence[Record], policy: Record | None = None, **other: Any) -> Run:
    """Record a run."""
    return store.route(pa.Table.from_pylist(list(rows), SCHEMA), policy or samples.policy(), **other)


@contextmanager
def other_rules(before: str, after: str) -> Iterator[Rules]:
    """Route by rules that say ``after`` where those of this version say ``before``."""
    document = orjson.loads(current_rules().document)
    changed = 0
    for step in document["steps"]:
        changed += before in step["sql"]
        step["sql"] = step["sql"].replace(before, after, 1)
    assert changed == 1, f"{before!r} is in {changed} steps"
    with kept_rules(document) as rules:
        yield rules


@contextmanager
def kept_rules(document: Record) -> Iterator[Rules]:
    """Route by the rules of a document."""
    rules = Rules(canonical_json(document))
    with (
        mock.patch.object(planstore.routing.rules, "current_rules", return_value=rules),
        mock.patch.object(planstore.runs.create, "current_rules", return_value=rules),
        mock.patch.object(planstore.plans.staleness, "current_rules", return_value=rules),
    ):
        yield rules


@contextmanager
def time_is(moment: datetime) -> Iterator[None]:
    """Let runs be decided, and overrides be looked at, at a moment."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return moment.astimezone(tz)

    with mock.patch.object(planstore.ledger.ledger, "datetime", Clock):
        yield
