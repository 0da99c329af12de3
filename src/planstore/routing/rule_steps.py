"""The steps of the rules: names, order, inputs and output."""

from __future__ import annotations

STEPS = (
    "score_text",
    "q_value_text",
    "family_name",
    "unicode_lower",
    "reference_family_words",
    "reference_family_name",
    "plain_word",
    "plain_task",
    "stated_task",
    "metric_word",
    "known_metrics",
    "unicode_pattern",
    "ascii_digits",
    "policy_settings",
    "policy_sides",
    "policy_thresholds",
    "model_families",
    "targets",
    "target_sides",
    "repeated_evidence",
    "evidence_tasks",
    "side_evidence",
    "side_checks",
    "side_states",
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

SUBSTITUTES = {
    "signal_states": ("asked/signal_states", "asked/competing_states"),
    "experimental_ranks": ("experimental_ranks", "asked/asked_pairs"),
}
"""The steps that other statements replace if only the pairs in the table ``asked`` are decided."""

EXPLANATION = (
    "threshold_key",
    "threshold_source",
    "explained_sides",
    "checks",
    "turning_points",
    "policy_turning_points",
)
"""The steps that explain the decisions, after the others."""

FLOAT32 = ("policy_thresholds", "float32_thresholds")
"""A step, and the one that follows it in the rules of reference runs over 32-bit scores only."""

INPUTS = ("scenarios", "scenario_evidence", "scenario_overrides")
"""The tables that the rules read. Rules that were stored with other inputs cannot be run by this version."""

OUTPUT = "ordered_decisions"
"""The view that the rules end in. Rules that were stored with another one cannot be run by this version."""

ORDER = ("first_position", "pair_position")
"""The columns of ``OUTPUT`` by which decisions are ordered when they are recorded."""
