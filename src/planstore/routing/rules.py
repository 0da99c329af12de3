"""The rules: the SQL that applies a policy to candidates, as one text with a digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import orjson

from planstore import sql
from planstore.database import Session
from planstore.errors import StoreError
from planstore.events.canonical import canonical_json, sha256

if TYPE_CHECKING:
    import pyarrow as pa

STEPS = (
    "score_text",
    "family_name",
    "reference_family_name",
    "policy_settings",
    "policy_sides",
    "policy_thresholds",
    "model_families",
    "target_horizons",
    "repeated_evidence",
    "side_evidence",
    "side_checks",
    "signal_states",
    "rule_route",
    "rule_text",
    "override_text",
    "pair_rules",
    "experimental_ranks",
    "cs_overrides",
    "ordered_decisions",
)
"""The steps of ``sql/routing/``, in order, from the scenarios' evidence, policies and overrides to the decisions."""

EXPLANATION = (
    "threshold_key",
    "threshold_source",
    "explained_sides",
    "checks",
    "turning_points",
    "policy_turning_points",
)
"""The steps that tell, after the others, how decisions came about."""

INPUTS = ("scenarios", "scenario_evidence", "scenario_overrides")
"""The tables that the rules read. Rules that were kept with other inputs cannot be run by this version."""

OUTPUT = "ordered_decisions"
"""The view that the rules end in. Rules that were kept with another one cannot be run by this version either."""


@dataclass(frozen=True)
class Rules:
    """The rules as they are kept: a document of named steps, and its SHA-256."""

    document: bytes

    @cached_property
    def rules_id(self) -> str:
        """The SHA-256 of the document."""
        return sha256(self.document)

    @cached_property
    def _kept(self) -> dict[str, Any]:
        kept = orjson.loads(self.document)
        if not isinstance(kept, dict) or (tuple(kept.get("inputs", ())), kept.get("output")) != (INPUTS, OUTPUT):
            raise StoreError(
                f"the rules {self.rules_id[:12]} were kept by another version of planstore, in a form that this one "
                "cannot run again"
            )
        return kept

    @property
    def steps(self) -> Sequence[tuple[str, str]]:
        """The name and SQL of each step, in order."""
        return [(step["name"], step["sql"]) for step in self._kept["steps"]]

    @property
    def explanation(self) -> Sequence[tuple[str, str]]:
        """The name and SQL of each step that explains what the steps decided, in order."""
        return [(step["name"], step["sql"]) for step in self._kept["explanation"]]


@cache
def current_rules() -> Rules:
    """Return the rules that this version of planstore ships."""
    return Rules(
        canonical_json(
            {
                "inputs": INPUTS,
                "output": OUTPUT,
                "steps": [{"name": step, "sql": sql.load(f"routing/{step}")} for step in STEPS],
                "explanation": [{"name": step, "sql": sql.load(f"routing/{step}")} for step in EXPLANATION],
            }
        )
    )


def apply_rules(session: Session, rules: Rules | None = None, *, narrow: str | None = None) -> pa.Table:
    """Decide: make ``decisions`` (and the steps before it) from the inputs in the session's temporary tables.

    Args:
        session: holds the tables that ``INPUTS`` names.
        rules: the rules; those of this version when None.
        narrow: a statement of ``sql/`` that takes away ``signal_states`` which no decision is wanted of, when all are
            ranked already.

    Returns:
        The decisions, as the session's ``decisions``: their ``position`` first, their ``scenario`` last.

    Raises:
        StoreError: ``rules`` were kept in a form that this version cannot run.
    """
    *steps, (_, last) = (rules or current_rules()).steps
    with session.joins_as_written():
        for _, text in steps:
            session.run_kept(text)
        if narrow is not None:
            session.run(narrow)
        session.run_kept(last)
        return session.hold("decisions", OUTPUT, place="position")


def explain_rules(session: Session, rules: Rules) -> None:
    """Make what explains the decisions that the rules have just made: ``checks`` and what would turn them."""
    for _, text in rules.explanation:
        session.run_kept(text)
