"""The rules: the SQL that applies a policy to candidates, as one text with a digest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import orjson

from planstore.checks.quoting import quoted
from planstore.database import sql
from planstore.database.session import Session
from planstore.errors import PolicyError, StoreError
from planstore.events.canonical import canonical_json
from planstore.events.hashing import digest_of
from planstore.routing.rule_steps import EXPLANATION, FLOAT32, INPUTS, ORDER, OUTPUT, STEPS, WHERE_ASKED

if TYPE_CHECKING:
    import pyarrow as pa

_LASTING = ("view ", "macro ")
"""The kinds of steps that are there where the rules are applied again; the others are tables, and are made anew."""


@dataclass(frozen=True)
class Rules:
    """The rules as they are kept: a document of named steps, and its digest."""

    document: bytes

    @cached_property
    def rules_id(self) -> str:
        """The digest of the document."""
        return digest_of(self.document)

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
    def order(self) -> Sequence[str]:
        """The columns of the view ``OUTPUT`` that its decisions are put in the order of."""
        found: Sequence[str] = self._kept.get("order", ())
        return found

    @property
    def lasting(self) -> Collection[str]:
        """The names of the steps that need not be run again in a session where these rules were applied."""
        found: Collection[str] = self._kept.get("lasting", ())
        return found

    @property
    def has_sides(self) -> bool:
        """Whether a step makes ``target_sides``, with all that a policy says of a target."""
        return any(name == "target_sides" for name, _ in self.steps)

    @property
    def where_asked(self) -> Mapping[str, Sequence[str]]:
        """The SQL of what stands in for a step where only some pairs are decided, by the step's name.

        Rules that were kept without it are run whole: they take longer, and come to the same.
        """
        found: Mapping[str, Sequence[str]] = self._kept.get("asked", {})
        return found

    @property
    def explanation(self) -> Sequence[tuple[str, str]]:
        """The name and SQL of each step that explains what the steps decided, in order."""
        return [(step["name"], step["sql"]) for step in self._kept["explanation"]]


@cache
def current_rules(*, float32: bool = False) -> Rules:
    """Return the rules that this version of planstore ships.

    Args:
        float32: those that compare scores as 32-bit floats, as the reference does where they are stored as such.
    """
    after, added = FLOAT32
    steps = [step for name in STEPS for step in ((name, added) if float32 and name == after else (name,))]
    return Rules(
        canonical_json(
            {
                "inputs": INPUTS,
                "output": OUTPUT,
                "order": ORDER,
                "steps": [{"name": step, "sql": _text(step)} for step in steps],
                "lasting": [step for step in STEPS if sql.makes(f"routing/{step}").startswith(_LASTING)],
                "asked": {step: [_text(other) for other in others] for step, others in WHERE_ASKED.items()},
                "explanation": [{"name": step, "sql": _text(step)} for step in EXPLANATION],
            }
        )
    )


def _text(step: str) -> str:
    # because the lines about the graph change with other statements, and the digest of the rules must not
    return sql.without_graph(sql.load(f"routing/{step}"))


def apply_rules(session: Session, rules: Rules | None = None) -> pa.Table:
    """Decide: make ``decisions`` (and the steps before it) from the inputs in the session's temporary tables.

    Args:
        session: holds the tables that ``INPUTS`` names.
        rules: the rules; those of this version when None.

    Returns:
        The decisions, as the session's ``decisions``: their ``position`` first, their ``scenario`` last.

    Raises:
        StoreError: ``rules`` were kept in a form that this version cannot run.
        PolicyError: a policy leaves out a side that has evidence.
    """
    applied = rules or current_rules()
    refuse_sides_left_out(session)
    with session.joins_as_written():
        run_steps(session, applied)
        return session.materialize("decisions", OUTPUT, place="position", order=applied.order)


def refuse_sides_left_out(session: Session) -> None:
    """Refuse policies that leave out a side of which there is evidence.

    Args:
        session: holds the tables ``scenarios`` and ``scenario_evidence``.

    Raises:
        PolicyError: names the side, and the first target that has such evidence.
    """
    for side, target in session.rows("policy/sides_left_out"):
        raise PolicyError(
            f"the policy must say what {side} needs, because {quoted(target)} has such a candidate: "
            f"give {side}, min_sample_size.{side} and stability_allowlist.{side}"
        )


def run_steps(
    session: Session, rules: Rules, *, only_asked: bool = False, again: bool = False, last: str | None = None
) -> None:
    """Run the steps of the rules, up to the view ``OUTPUT``, whose decisions are not computed yet.

    Args:
        session: holds the tables that ``INPUTS`` names.
        rules: the rules.
        only_asked: decide only the pairs of the session's ``asked``, and every target. Other pairs are looked at as
            far as they may come before those in the lane.
        again: the rules that were last run in this session are these.
        last: the step to stop after; all are run when None.
    """
    instead = rules.where_asked if only_asked else {}
    there = rules.lasting if again else ()
    for name, text in rules.steps:
        if name not in there:
            for statement in instead.get(name, [text]):
                session.run_text(statement)
        if name == last:
            break


def explain_rules(session: Session, rules: Rules) -> None:
    """Make what explains the decisions that the rules have just made: ``checks`` and what would turn them."""
    for _, text in rules.explanation:
        session.run_text(text)
