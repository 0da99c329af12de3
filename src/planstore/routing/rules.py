"""The rules: the SQL that applies a policy to candidates, as one text with a digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import orjson

from planstore import sql
from planstore.database import Session
from planstore.events.canonical import canonical_json, sha256

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
    "signal_states",
    "rule_route",
    "rule_text",
    "pair_rules",
    "experimental_ranks",
    "decisions",
)
"""The steps of ``sql/routing/``, in order, from ``evidence``, ``policy_document``, ``run_request`` to ``decisions``."""


@dataclass(frozen=True)
class Rules:
    """The rules as they are kept: a document of named steps, and its SHA-256."""

    document: bytes

    @property
    def rules_id(self) -> str:
        """The SHA-256 of the document."""
        return sha256(self.document)

    @property
    def steps(self) -> Sequence[tuple[str, str]]:
        """The name and SQL of each step, in order."""
        return [(step["name"], step["sql"]) for step in orjson.loads(self.document)]


@cache
def current_rules() -> Rules:
    """Return the rules that this version of planstore ships."""
    return Rules(canonical_json([{"name": step, "sql": sql.load(f"routing/{step}")} for step in STEPS]))


def apply_rules(session: Session) -> None:
    """Decide: make ``decisions`` (and the steps before it) from the inputs in the session's temporary tables."""
    session.run("database/join_as_written")
    try:
        for step in STEPS:
            session.run(f"routing/{step}")
    finally:
        session.run("database/join_as_estimated")
