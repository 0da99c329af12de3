"""The store of a results folder, with all its operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from planstore.api.access import StoreAccess
from planstore.api.models import ModelAccess
from planstore.api.outcomes import OutcomeAccess
from planstore.api.panel_work import PanelWork
from planstore.api.queries import Queries
from planstore.api.run_arguments import takes_arguments_of
from planstore.checks.arguments import checked
from planstore.errors import NotFoundError
from planstore.ledger.opening import StorePlace
from planstore.pages.answers import Answer, ResultRows, plural
from planstore.runs.checked_request import checked_request
from planstore.runs.lookup import RunName, find_commit, find_run, find_runs

if TYPE_CHECKING:
    from planstore.api.evidence import EvidenceReports
    from planstore.api.integrity import Integrity
    from planstore.api.maintenance import Maintenance
    from planstore.api.overrides import Overrides
    from planstore.api.training import PlanTraining
    from planstore.audit.diff import Difference
    from planstore.audit.history import Change
    from planstore.audit.report import Report
    from planstore.audit.whatif import WhatIf
    from planstore.audit.why import Explanation
    from planstore.ledger.ledger import Ledger
    from planstore.plans.training_plan import TrainingPlan
    from planstore.projections.exported import Exported
    from planstore.routing.policy_reader import PolicySource
    from planstore.runs.dry_run import DryRun
    from planstore.runs.request import RunRequest
    from planstore.runs.run import Run

CHANGE_COLUMNS = ("run_id", "commit_id", "previous_route", "route", "rule", "because")


class Store(Queries, PanelWork, ModelAccess, OutcomeAccess, Answer):
    """The store of a results folder. Made by :func:`planstore.open`.

    Each part imports its modules on its first use, so that a process that asks one question starts quickly.

    Attributes:
        results: the results folder.
        access: the ledger and its sessions, for packages of planstore above the store.
    """

    def __init__(
        self,
        place: StorePlace,
        *,
        create: bool,
        as_of: int | None = None,
        memory: str | None = None,
        ledger: Ledger | None = None,
    ) -> None:
        super().__init__(StoreAccess(place, create=create, as_of=as_of, memory=memory, ledger=ledger))
        self.results = self.access.results

    @cached_property
    def overrides(self) -> Overrides:
        """Routes pinned by people."""
        from planstore.api.overrides import Overrides

        return Overrides(self.access)

    @cached_property
    def training(self) -> PlanTraining:
        """Jobs of plans, their statuses, and stale plans."""
        from planstore.api.training import PlanTraining

        return PlanTraining(self.access)

    @cached_property
    def evidence(self) -> EvidenceReports:
        """Evidence reports."""
        from planstore.api.evidence import EvidenceReports

        return EvidenceReports(self.access)

    @cached_property
    def integrity(self) -> Integrity:
        """Verification and anchors."""
        from planstore.api.integrity import Integrity

        return Integrity(self.access)

    @cached_property
    def maintenance(self) -> Maintenance:
        """Compaction, backup and rebuild."""
        from planstore.api.maintenance import Maintenance

        return Maintenance(self.access)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def create(self) -> None:
        """Create the store now if it does not exist, instead of on first use."""
        self.access.ledger.create()

    @takes_arguments_of(checked_request)
    def route(self, _request: RunRequest) -> Run:
        """Decide the route of each pair of ``candidates``, make a plan, and record both in one commit.

        Args:
            candidates: a path (parquet, CSV, JSON, JSON lines), a pandas or Polars frame, or an Arrow table.
            policy: a policy, a mapping with the top key ``routing``, or the path of a YAML file.
            model_families: the requested model families; None means lightgbm and xgboost, an empty list means none.
            include_blocked: include blocked pairs in the plan as jobs of priority 0.
            run_id: unique name of the run; it must not be a number, a time, ``A..B`` or a prefix of a plan id. None
                generates a name.
            git_commit: recorded with the run and in the plan's metadata, where None becomes ``unknown``.
            config_hash: recorded like ``git_commit``.
            metrics_snapshot: file name of the candidates, recorded with the run and in the plan's metadata, where None
                becomes ``globals/routing_candidates.parquet``.
            idempotency_key: identifies this call. If it is repeated with the same input, as after a crash, it returns
                the first call's run and records nothing.
            expected_commit: the commit that must be the newest.

        Returns:
            The run. The same evidence with the same policy and rules produces the same plan, which is published once.

        Raises:
            CandidatesError, PolicyError, RequestError: an argument is invalid; nothing was written.
            RunConflictError, KeyConflictError: the run id or key identifies another run.
            StaleError: another commit than ``expected_commit`` is the newest.
        """
        from planstore.runs.create import make_run

        return make_run(self.access.ledger, _request)

    @takes_arguments_of(checked_request)
    def dry_run(self, _request: RunRequest) -> DryRun:
        """Return what :meth:`route` would record with the same arguments, compared with the newest run; write nothing.

        Raises:
            CandidatesError, PolicyError, RequestError, RunConflictError, KeyConflictError, StaleError: as for
                :meth:`route`.
        """
        from planstore.runs.dry_run import dry_run

        return dry_run(self.access.ledger, _request)

    @checked
    def run(self, name: RunName | None = None) -> Run:
        """Return a run, named as in :meth:`plan`; None means the newest run.

        Raises:
            NotFoundError: there is none.
            RequestError: the prefix of a plan id matches several plans.
        """
        from planstore.runs.run import Run

        row = self.access.find_run(name)
        plan = self.access.session.row("store/plan_run", plan_id=row["plan_id"])
        return Run(
            **{name: row[name] for name in ("run_id", "commit_id", "evidence_id", "policy_id", "rules_id", "plan_id")},
            is_new_plan=plan is not None and plan[0] == row["run_id"],
            routes=dict(self.access.session.rows("store/run_route_counts", commit_id=row["commit_id"])),
            _ledger=self.access.ledger,
        )

    @checked
    def plan(self, name: RunName | None = None) -> TrainingPlan:
        """Return the current plan, or the plan of a run id, a commit number, a prefix of a plan id or a time.

        Raises:
            NotFoundError: there is none.
            RequestError: the prefix of a plan id matches several plans.
        """
        from planstore.plans.training_plan import TrainingPlan

        return TrainingPlan.from_ledger(self.access.ledger, self.access.plan_id(name))

    @checked
    def why(self, target: str, symbol: str | None = None, *, run_id: RunName | None = None) -> Explanation:
        """Explain the route of a pair or, if ``symbol`` is None, of a target's cross-sectional side.

        The archived rules of the run are applied again to its archived evidence. A pair without a decision in the run
        is explained too; its ``route`` is None.

        Args:
            target: name of the target.
            symbol: name of the symbol.
            run_id: the run, named as in :meth:`plan`; None means the newest run.

        Raises:
            NotFoundError: there is no such run.
        """
        from planstore.audit.why import explain

        session = self.access.session
        # because a growing ledger would otherwise be read as of several commits
        with session.transaction():
            return explain(session, self.access.ledger.artifacts, target, symbol, self.access.find_run(run_id))

    @checked
    def history(self, target: str, symbol: str | None = None) -> ResultRows[Change]:
        """Return each change of the route of a pair, or of a target's cross-sectional side, with its causes.

        Raises:
            NotFoundError: no run decided on it.
        """
        from planstore.audit.history import history

        with self.access.session.transaction():
            changes = history(self.access.session, self.access.ledger.artifacts, target, symbol)
        name = target if symbol is None else f"{target} on {symbol}"
        title = f"{name}: {plural(len(changes), 'change')} of route"
        return ResultRows(changes, title, CHANGE_COLUMNS, lambda change: change.as_dict() | {"because": change.because})

    @checked
    def diff(self, a: RunName, b: RunName) -> Difference:
        """Compare run ``b`` with run ``a``: routes with the cause of each flip, and jobs.

        Args:
            a: a run, named as in :meth:`plan`.
            b: a run, named as in :meth:`plan`.

        Raises:
            NotFoundError: a name matches no run.
        """
        from planstore.audit.diff import compare

        session = self.access.new_session()
        self.access.ledger.add_user_definitions(session)
        return compare(session, self.access.ledger.artifacts, find_run(session, str(a)), find_run(session, str(b)))

    @checked
    def report(self, run_id: RunName | None = None) -> Report:
        """Return a page about a run that opens offline in any browser.

        It shows the routes as a map of targets and symbols with their reasons, the flips against the previous run with
        their causes, the job counts by status, the evidence against its thresholds, and the promises of all runs
        against their outcomes.

        Args:
            run_id: the run, named as in :meth:`plan`; None means the newest run.

        Raises:
            NotFoundError: there is no such run.
            RequestError: the extra ``report`` is not installed.
        """
        from planstore.audit.report import make_report

        run = self.access.find_run(run_id)
        try:
            found = self.calibrate()
        except NotFoundError:
            calibration = None
        else:
            calibration = {"found": found, "charts": found.charts()}
        return make_report(self.access.new_session(), self.access.ledger.artifacts, run, calibration)

    @checked
    def whatif(
        self,
        policy: PolicySource,
        *,
        runs: Sequence[str] = (),
        progress: Callable[[str], None] = lambda _: None,
    ) -> WhatIf:
        """Return the decisions of another policy on the evidence of earlier runs; nothing is written.

        Args:
            policy: a policy as in :meth:`route`.
            runs: runs, named as in :meth:`plan`, or ranges ``A..B`` of them; an empty list means all runs.
            progress: callback that receives the name of each run before it is decided.

        Raises:
            PolicyError: the policy is invalid.
            NotFoundError: a name matches no run.
        """
        from planstore.audit.whatif import what_if
        from planstore.routing.policy_reader import note_left_out, read_runnable_policy

        read = read_runnable_policy(policy)
        note_left_out(read)
        selected = find_runs(self.access.session, runs)
        return what_if(self.access.session, self.access.ledger.artifacts, read.policy, selected, progress)

    @checked
    def route_changes(self, a: RunName, b: RunName) -> list[tuple[str, str | None, str | None, int]]:
        """Return the number of each target's pairs by their routes in two runs.

        Returns:
            Target, route in run ``a``, route in run ``b``, symbols; a route is None if the run has no such pair.
        """
        commits = {name: self.access.find_run(run_id)["commit_id"] for name, run_id in (("a", a), ("b", b))}
        return self.access.session.rows("audit/diff/route_changes", **commits)

    @checked
    def at(self, when: int | datetime | str) -> Store:
        """Return the store as of an earlier commit, without later records.

        Args:
            when: a commit number; or a time (a text in ISO 8601, UTC by default), which means the newest commit
                recorded by then.

        Raises:
            NotFoundError: the ledger has no such commit yet.
            RequestError: a text is neither a number nor a time.
        """
        return Store(
            self.access.place, create=False, as_of=find_commit(self.access.ledger, when), memory=self.access.memory
        )

    @checked
    def export(self, *, formats: Sequence[str] | None = None, metrics_copy: bool = False) -> Exported:
        """Write the current plan's files for readers without access to the ledger; unchanged files are not rewritten.

        Args:
            formats: from ``json``, ``yaml``, ``markdown``; None means the policy's ``dump_plan_as``, or only JSON for
                plans of more than 20,000 jobs. JSON is always written.
            metrics_copy: write ``METRICS/training_plan/`` too.

        Raises:
            ExportError: a file cannot be written. The next export completes it.
        """
        from planstore.projections.export import export

        self.access.require_now("export")
        self.access.require_folder("export")
        return export(self.access.ledger, self.results, formats=formats, metrics_copy=metrics_copy)
