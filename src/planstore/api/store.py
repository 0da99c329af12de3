"""The store: what a results folder remembers, and everything that can be asked of it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from planstore.api.access import StoreAccess
from planstore.api.evidence import EvidenceReports
from planstore.api.integrity import Integrity
from planstore.api.maintenance import Maintenance
from planstore.api.overrides import Overrides
from planstore.api.training import PlanTraining
from planstore.audit.diff import Difference, compare
from planstore.audit.history import Change, history
from planstore.audit.report import Report, make_report
from planstore.audit.whatif import WhatIf, what_if
from planstore.audit.why import Explanation, explain
from planstore.checks.arguments import checked
from planstore.checks.quoting import quoted
from planstore.checks.texts import is_recordable
from planstore.database.macros import MACROS
from planstore.database.query_bounds import Bounds
from planstore.errors import StoreError
from planstore.events.vocabulary import Semantics
from planstore.plans.training_plan import TrainingPlan
from planstore.projections.export import Exported, export
from planstore.routing.candidate_readers import CandidatesSource
from planstore.routing.candidates import CandidatesWarning, read_candidates
from planstore.runs.commit import RunRequest
from planstore.runs.create import checked_families, make_run, refuse_odd_families
from planstore.runs.lookup import (
    RunName,
    checked_name,
    find_commit,
    find_run,
    find_runs,
    newest_run,
    refuse_other_meaning,
)
from planstore.runs.run import Run

if TYPE_CHECKING:
    import duckdb

    from planstore.routing.policy_reader import PolicySource


ResultsFolder = str | Path
"""The path of a results folder."""


class Store:
    """What a results folder remembers. Made by :func:`open`.

    Attributes:
        results: the results folder.
        overrides: routes that people pin.
        training: jobs of plans, their statuses, and stale plans.
        evidence: reports of measurements.
        integrity: verify and anchor.
        maintenance: compaction, backup, rebuild.
        access: the ledger and the session, for rooms of planstore that build on the store.
    """

    def __init__(self, results: Path, *, create: bool, as_of: int | None = None, memory: str | None = None) -> None:
        self.access = StoreAccess(results, create=create, as_of=as_of, memory=memory)
        self.results = self.access.results
        self.overrides = Overrides(self.access)
        self.training = PlanTraining(self.access)
        self.evidence = EvidenceReports(self.access)
        self.integrity = Integrity(self.access)
        self.maintenance = Maintenance(self.access)
        self._opening = Lock()
        self._bounded: dict[str, Store] = {}

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the store; it opens again when it is next used."""
        self.interrupt()  # because a query that an interrupt has left running would be waited for
        self.access.close()
        for bounded in self._bounded.values():
            bounded.close()

    def create(self) -> None:
        """Make the store now, if there is none yet, instead of when it is first used."""
        self.access.ledger.create()

    @checked
    def route(
        self,
        candidates: CandidatesSource,
        policy: PolicySource,
        model_families: Sequence[str] | None = None,
        *,
        include_blocked: bool = False,
        run_id: str | None = None,
        git_commit: str | None = None,
        config_hash: str | None = None,
        metrics_snapshot: str | None = None,
        idempotency_key: str | None = None,
        expected_commit: int | None = None,
    ) -> Run:
        """Decide where each pair of ``candidates`` is trained, plan it, and record all of it in one commit.

        Args:
            candidates: a path (parquet, CSV, JSON, JSON lines), a pandas or Polars frame, or an Arrow table.
            policy: a policy, a mapping with the top key ``routing``, or the path of a YAML file.
            model_families: what to train with; None means lightgbm and xgboost, an empty list means no family.
            include_blocked: list blocked pairs in the plan as jobs of priority 0.
            run_id: a name for the run, unique in the store, that means nothing else: no number, time, ``A..B`` or start
                of a plan id; one is made up when None.
            git_commit: recorded with the run, and in the plan's metadata; ``unknown`` there when None.
            config_hash: as ``git_commit``.
            metrics_snapshot: the name of the file the candidates came in: recorded with the run, and in the plan's
                metadata; ``globals/routing_candidates.parquet`` there when None.
            idempotency_key: a name for this call: repeated with the same input, as after a crash, it returns the run
                that the first call recorded, and records nothing.
            expected_commit: the commit that the caller holds for the newest.

        Returns:
            The run. The same evidence under the same policy and rules arrives at the same plan, published once.

        Raises:
            CandidatesError, PolicyError, RequestError: something is wrong with what was given; nothing was written.
            RunConflictError, KeyConflictError: the run id or key stands for another run.
            StaleError: another commit than ``expected_commit`` is the newest.
        """
        from planstore.routing.policy_reader import check_patterns, note_left_out, read_policy

        self.access.require_now("route")
        checked_name("run_id", run_id)
        checked_name("idempotency_key", idempotency_key)
        if run_id is not None and not self._has_run(run_id):
            refuse_other_meaning(run_id, self._has_run)
        checked, policy_name = read_policy(policy)
        check_patterns(checked, str(policy) if isinstance(policy, str | Path) else "the policy")
        is_strict = checked.semantics == Semantics.STRICT
        requested = checked_families(model_families, strict=is_strict)
        if is_strict:
            refuse_odd_families(
                "each family of a policy's rule", (n for rule in checked.families or () for n in rule.use)
            )
        evidence = read_candidates(candidates, strict=is_strict, nulls_count=checked.min_margin_over_null is not None)
        note_left_out(checked, policy)
        for note in evidence.notes:
            warnings.warn(note, CandidatesWarning, stacklevel=3)
        request = RunRequest(
            evidence=evidence,
            policy=checked,
            policy_name=policy_name,
            settings={
                "metrics_snapshot": metrics_snapshot,
                "model_families": requested,
                "include_blocked": include_blocked,
            },
            run_id=run_id,
            git_commit=git_commit,
            config_hash=config_hash,
            idempotency_key=idempotency_key,
            expected_commit=expected_commit,
        )
        return make_run(self.access.ledger, request)

    def _has_run(self, run_id: str) -> bool:
        """Return whether the ledger holds a run of this id; asking makes no store."""
        return self.access.ledger.is_made and bool(self.access.session.records("ledger/find_run", run_id=run_id))

    @checked
    def run(self, name: RunName | None = None) -> Run:
        """Return a run, named as for :meth:`plan`; the newest one when ``name`` is None.

        Raises:
            NotFoundError: there is none.
            RequestError: the start of a plan id fits several plans.
        """
        row = self.access.find_run(name)
        plan = self.access.session.row("store/plan_run", plan_id=row["plan_id"])
        return Run(
            **{name: row[name] for name in ("run_id", "commit_id", "evidence_id", "policy_id", "rules_id", "plan_id")},
            is_new_plan=plan is not None and plan[0] == row["run_id"],
            routes=dict(self.access.session.rows("store/run_route_counts", commit_id=row["commit_id"])),
            _ledger=self.access.ledger,
        )

    @checked
    def sql(
        self,
        query: str,
        parameters: Mapping[str, Any] | None = None,
        /,
        *,
        memory: str | None = None,
        timeout: float | None = None,
        **named: Any,
    ) -> duckdb.DuckDBPyRelation:
        """Return the relation of a query over the store's views and macros: ``.df()``, ``.arrow()``, ``.fetchall()``.

        The query runs when its rows are taken; one with a bound runs to its end before this returns.

        Args:
            query: one SELECT; it can neither write nor reach files outside the store.
            parameters: values of the query's ``$name`` parameters, whatever they are called.
            memory: what the query may use, as ``2GB``; what is more goes to disk, up to four times that. None: as much
                as the store was opened with.
            timeout: seconds that the query may take; None: any time.
            named: further values of parameters.

        Raises:
            QueryError: the query is wrong, does something else than read the store, or has reached a bound.
            RequestError: a bound is none.
        """
        session = self.access.session if memory is None else self._with_memory(memory).access.session
        values = {**(parameters or {}), **named}
        if memory is None and timeout is None:
            return session.query(query, values)
        with Bounds(session.interrupt, seconds=timeout).computing():
            return session.query(query, values, at_once=True)

    def _with_memory(self, memory: str) -> Store:
        """Return this store, opened once more, because memory is a bound of a whole database."""
        with self._opening:
            if memory not in self._bounded:
                self._bounded[memory] = Store(self.results, create=False, as_of=self.access.as_of, memory=memory)
            return self._bounded[memory]

    def interrupt(self) -> None:
        """End the query of :meth:`sql` that a KeyboardInterrupt has left running in this thread, if any."""
        for store in (self, *self._bounded.values()):
            store.access.interrupt()

    def words(self) -> list[tuple[str, str, str | None, str | None]]:
        """Return every word that :meth:`sql` knows, to complete queries with.

        Returns:
            Kind (view, column, macro, table macro, function or keyword), word, the view of a column, and the type of a
            column or the arguments of a macro.
        """
        words = self.access.session.rows("store/words", prefix="")
        return [row for row in words if row[0] != "table macro" or row[1] in MACROS]

    @checked
    def plan(self, name: RunName | None = None) -> TrainingPlan:
        """Return the current plan, or the one that a run id, a commit's number, the start of a plan id or a time means.

        Raises:
            NotFoundError: there is none.
            RequestError: the start of a plan id fits several plans.
        """
        return TrainingPlan.from_ledger(self.access.ledger, self.access.plan_id(name))

    def log(self) -> list[dict[str, Any]]:
        """Return the commits, newest first."""
        return self.access.session.records("store/log")

    @checked
    def why(self, target: str, symbol: str | None = None, *, run_id: RunName | None = None) -> Explanation:
        """Return why a pair, or (``symbol`` None) a target's cross-sectional side, was routed as it was.

        The trace is derived again: the rules of that day run over the evidence of that day. A pair on which the run
        decided nothing is explained as well; its ``route`` is None.

        Args:
            target: a target's name.
            symbol: a symbol's name.
            run_id: the run that is asked about, named as for :meth:`plan`; the newest one when None.

        Raises:
            NotFoundError: there is no such run.
        """
        with (
            self.access.session.transaction()
        ):  # because a ledger that grows meanwhile would be read as of several moments
            return explain(
                self.access.session, self.access.ledger.artifacts, target, symbol, self.access.find_run(run_id)
            )

    @checked
    def history(self, target: str, symbol: str | None = None) -> list[Change]:
        """Return each change of a pair's route over the runs, or of a target's cross-sectional side, and its causes.

        Raises:
            NotFoundError: no run decided on it.
        """
        with self.access.session.transaction():
            return history(self.access.session, self.access.ledger.artifacts, target, symbol)

    @checked
    def diff(self, a: RunName, b: RunName) -> Difference:
        """Return what run ``b`` changes against run ``a``: routes and what caused each flip, and jobs.

        Args:
            a: a run, named as for :meth:`plan`.
            b: a run, named as for :meth:`plan`.

        Raises:
            NotFoundError: a name means no run.
        """
        session = self.access.new_session()
        return compare(session, self.access.ledger.artifacts, find_run(session, str(a)), find_run(session, str(b)))

    @checked
    def report(self, run_id: RunName | None = None) -> Report:
        """Return one page about a run, for people: it opens offline, in any browser.

        It shows routes as a map of targets and symbols, why each was given, the flips against the run before with
        their causes, where the jobs are, and the evidence against its thresholds.

        Args:
            run_id: the run, named as for :meth:`plan`; the newest one when None.

        Raises:
            NotFoundError: there is no such run.
            RequestError: the extra ``report`` is not installed.
        """
        run = newest_run(self.access.session) if run_id is None else find_run(self.access.session, str(run_id))
        return make_report(self.access.new_session(), self.access.ledger.artifacts, run)

    @checked
    def whatif(
        self,
        policy: PolicySource,
        *,
        runs: Sequence[str] = (),
        progress: Callable[[str], None] = lambda _: None,
    ) -> WhatIf:
        """Return what another policy would have decided over a stretch of history; nothing is written.

        Args:
            policy: as for :meth:`route`.
            runs: runs, named as for :meth:`plan`, or stretches of them ``A..B``; all runs when there is none.
            progress: is told each run's name when it is begun.

        Raises:
            PolicyError: the policy is none.
            NotFoundError: a name means no run.
        """
        from planstore.routing.policy_reader import check_patterns, note_left_out, read_policy

        checked, _ = read_policy(policy)
        check_patterns(checked, str(policy) if isinstance(policy, str | Path) else "the policy")
        note_left_out(checked, policy)
        found = find_runs(self.access.session, runs)
        return what_if(self.access.session, self.access.ledger.artifacts, checked, found, progress)

    @checked
    def route_changes(self, a: RunName, b: RunName) -> list[tuple[str, str | None, str | None, int]]:
        """Return how many pairs of each target went from one route to another between two runs.

        Returns:
            Target, route in run ``a``, route in run ``b``, symbols; a route is None where a run has no such pair.
        """
        commits = {name: self.access.find_run(run_id)["commit_id"] for name, run_id in (("a", a), ("b", b))}
        return self.access.session.rows("audit/diff/route_changes", **commits)

    @checked
    def at(self, when: int | datetime | str) -> Store:
        """Return the store as it was: what was recorded later is never seen.

        Args:
            when: a commit's number; or a time, which means the newest commit recorded by then (a text in ISO 8601; UTC
                where no zone is given).

        Raises:
            NotFoundError: the ledger has no such commit yet.
            RequestError: a text is neither a number nor a time.
        """
        return Store(self.results, create=False, as_of=find_commit(self.access.ledger, when), memory=self.access.memory)

    @checked
    def export(self, *, formats: Sequence[str] | None = None, metrics_copy: bool = False) -> Exported:
        """Write the current plan's files for readers that know only files; files that are right already stay.

        Args:
            formats: of ``json``, ``yaml``, ``markdown``; None means what the policy's ``dump_plan_as`` says, and for
                plans of over 20,000 jobs JSON only. JSON is always written.
            metrics_copy: write ``METRICS/training_plan/`` as well.

        Raises:
            ExportError: a file cannot be written. The next export completes it.
        """
        self.access.require_now("export")
        return export(self.access.ledger, self.results, formats=formats, metrics_copy=metrics_copy)


@checked
def open(
    results: ResultsFolder = "results",
    *,
    create: bool = True,
    as_of: int | datetime | str | None = None,
    memory: str | None = None,
) -> Store:
    """Return the store of a results folder, made on first use.

    Args:
        results: the results folder.
        create: make the store when there is none.
        as_of: a commit or time; the store as it was then, as :meth:`Store.at` gives it.
        memory: what all that only reads may use together, as ``2GB``; None: most of the machine's memory.

    Raises:
        StoreMissingError: there is none, and ``create`` is false.
        StoreVersionError: it was made by a version of planstore that this one does not know.
        StoreError: it cannot be used.
        RequestError: ``memory`` is no amount.
    """
    if not isinstance(results, str | Path) or not is_recordable(str(results)):
        raise StoreError(f"the results folder must be a path in UTF-8, got {quoted(results)}")
    store = Store(Path(results), create=create, memory=memory)
    if as_of is None:
        return store
    with store:
        return store.at(as_of)
