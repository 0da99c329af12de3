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
from planstore.routing.rule_steps import EXPLANATION, FLOAT32, INPUTS, ORDER, OUTPUT, STEPS, SUBSTITUTES

if TYPE_CHECKING:
    import pyarrow as pa

_LASTING = ("view ", "macro ")
"""The kinds of steps that remain when the rules are applied again; the others are tables, which are made again."""


@dataclass(frozen=True)
class Rules:
    """The rules as they are stored: a document of named steps, and its digest."""

    document: bytes

    @cached_property
    def rules_id(self) -> str:
        """The digest of the document."""
        return digest_of(self.document)

    @cached_property
    def _content(self) -> dict[str, Any]:
        content = orjson.loads(self.document)
        if not isinstance(content, dict) or (tuple(content.get("inputs", ())), content.get("output")) != (
            INPUTS,
            OUTPUT,
        ):
            raise StoreError(
                f"the rules {self.rules_id[:12]} were stored by another version of planstore, in a form that this one "
                "cannot run again"
            )
        return content

    @property
    def steps(self) -> Sequence[tuple[str, str]]:
        """The name and SQL of each step, in order."""
        return [(step["name"], step["sql"]) for step in self._content["steps"]]

    @property
    def order(self) -> Sequence[str]:
        """The columns of the view ``OUTPUT`` by which its decisions are ordered."""
        found: Sequence[str] = self._content.get("order", ())
        return found

    @property
    def lasting(self) -> Collection[str]:
        """The names of the steps that need not be run again in a session where these rules were applied."""
        found: Collection[str] = self._content.get("lasting", ())
        return found

    @property
    def has_sides(self) -> bool:
        """Whether a step makes ``target_sides``, the settings of a policy for each target."""
        return any(name == "target_sides" for name, _ in self.steps)

    @property
    def substitutes(self) -> Mapping[str, Sequence[str]]:
        """The statements that replace a step if only some pairs are decided, by the name of the step.

        Rules that were stored without them are run whole: that takes longer, and decides the same.
        """
        found: Mapping[str, Sequence[str]] = self._content.get("asked", {})
        return found

    @property
    def explanation(self) -> Sequence[tuple[str, str]]:
        """The name and SQL of each step that explains the decisions, in order."""
        return [(step["name"], step["sql"]) for step in self._content["explanation"]]


@cache
def current_rules(*, float32: bool = False) -> Rules:
    """Return the rules that this version of planstore ships.

    Args:
        float32: whether scores are compared as 32-bit floats, as the reference does with scores stored as such.
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
                "asked": {step: [_text(other) for other in others] for step, others in SUBSTITUTES.items()},
                "explanation": [{"name": step, "sql": _text(step)} for step in EXPLANATION],
            }
        )
    )


def _text(step: str) -> str:
    # because the lines about the graph change with other statements, and the digest of the rules must not
    return sql.without_graph(sql.load(f"routing/{step}"))


def apply_rules(session: Session, rules: Rules | None = None, part_rows: int | None = None) -> pa.Table:
    """Decide: make the table ``decisions``, and the steps before it, from the session's temporary tables.

    Args:
        session: a session with the tables of ``INPUTS``.
        rules: the rules; those of this version if None.
        part_rows: number of candidates whose decisions are computed at once, so that many of them need less memory;
            None means all.

    Returns:
        The decisions, as the session's ``decisions``: their ``position`` first, their ``scenario`` last.

    Raises:
        StoreError: ``rules`` were stored in a form that this version cannot run.
        PolicyError: a policy has no settings for a side that has evidence.
    """
    applied = rules or current_rules()
    with session.joins_as_written():
        refuse_sides_left_out(session)
        run_steps(session, applied)
        bounds = []
        if part_rows is not None:
            bounds = [bound for (bound,) in session.rows("scenario/run/decision_bounds", rows=part_rows)]
        return session.materialize("decisions", OUTPUT, place="position", order=applied.order, bounds=bounds)


def refuse_sides_left_out(session: Session) -> None:
    """Refuse policies that have no settings for a side that has evidence.

    Args:
        session: a session with the tables ``scenarios`` and ``scenario_evidence``.

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
    """Run the steps of the rules up to the view ``OUTPUT``, without computing its decisions.

    Args:
        session: a session with the tables of ``INPUTS``.
        rules: the rules.
        only_asked: whether only the pairs of the session's table ``asked`` are decided, and every target. Other pairs
            are read only as far as they may rank before them in the lane.
        again: whether these rules were the last to run in this session.
        last: the step to stop after; all are run if None.
    """
    substitutes = rules.substitutes if only_asked else {}
    lasting = rules.lasting if again else ()
    for name, text in rules.steps:
        if name not in lasting:
            for statement in substitutes.get(name, [text]):
                session.run_text(statement)
        if name == last:
            break


def explain_rules(session: Session, rules: Rules) -> None:
    """Explain the decisions of the last run of the rules: make ``checks`` and the changes that would flip them."""
    for _, text in rules.explanation:
        session.run_text(text)
