"""The trace of a whole run: the checks of its archived rules for every pair, derived again in one pass."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from planstore.audit.scenario import Record, RunInputs
from planstore.audit.staging import stage_run
from planstore.database.connection import memory
from planstore.database.session import Session
from planstore.routing.rules import apply_rules, explain_rules

if TYPE_CHECKING:
    import pyarrow as pa

Cell: TypeAlias = tuple[int, int | None]
"""A cell of the map: the index of its target, and that of its symbol (None: the target itself)."""


@dataclass(frozen=True)
class RunTrace:
    """A run's recorded decisions, flips and jobs with those of its replay, in a database of its own.

    Args:
        session: that database.
    """

    session: Session

    @classmethod
    @contextmanager
    def of(
        cls, decisions: pa.Table, flips: pa.Table, jobs: pa.Table, *, most_cells: int, most_symbols: int
    ) -> Iterator[RunTrace]:
        """Yield the trace of the records; the map shows at most ``most_cells`` of them, those with most flips."""
        session = memory(confined=True)
        try:
            for name, table in (("report_decisions", decisions), ("report_flips", flips), ("report_jobs", jobs)):
                session.register(name, table)
            session.run("report/report_symbols", most_symbols=most_symbols)
            session.run("report/report_targets", most_cells=most_cells)
            yield cls(session)
        finally:
            session.close()

    def derive(self, inputs: RunInputs, evidence: pa.Table) -> None:
        """Apply the archived rules to the archived evidence.

        Raises:
            StoreError: this version cannot apply them.
        """
        for name in ("kept_evidence", "evidence"):
            self.session.register(name, evidence)
        stage_run(self.session, inputs.scenario())
        apply_rules(self.session, inputs.rules)
        explain_rules(self.session, inputs.rules)
        self.session.run("audit/nearness")

    def names(self, what: str) -> list[str]:
        """Return the ``target`` or ``symbol`` names of the map, in order."""
        return [name for kind, name, _ in self.session.rows("report/names") if kind == what]

    def checks(self) -> dict[Cell, list[Record]]:
        """Return the checks of each cell, in the order of the rules; those of a target belong to its pairs as well."""
        found = {}
        for target, symbol, checks in self.session.rows("report/checks"):
            for check in checks:
                for name in ("observed", "threshold"):
                    check[name] = None if check[name] is None else json.loads(check[name])
            found[target, symbol] = checks
        return found

    def records(self, statement: str, /, **values: Any) -> list[Record]:
        """Return the rows of a statement of ``sql/report/``."""
        return self.session.records(f"report/{statement}", **values)
