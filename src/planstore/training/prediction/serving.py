"""The models of a plan that predict, by the pairs that they predict for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planstore.checks.choices import absent
from planstore.errors import NotFoundError
from planstore.ledger.storage import ArtifactStorage
from planstore.models.loading import Blend, JobFiles

if TYPE_CHECKING:
    from planstore.api.parts import StoreParts

MODEL_BYTES = 256 * 10**6
"""Maximum size of the files of models that are kept loaded."""


@dataclass
class ServingModels:
    """The models of a plan, and the pairs that they predict.

    Attributes:
        plan_id: id of the plan.
        jobs: job by target and symbol; None for a pair that no job predicts.
        pooled: cross-sectional job by job that is averaged with it.
        everywhere: cross-sectional job by target that predicts for every symbol, whatever its route.
        files: files by job that has succeeded.
        symbols: symbols on which the plan's run decided.
        requested: symbols to predict; None means all.
        artifacts: storage of the files.
        allow_pickle: whether pickles may be loaded.
    """

    plan_id: str
    jobs: Mapping[str, Mapping[str, str | None]]
    pooled: Mapping[str, str]
    everywhere: Mapping[str, str]
    files: Mapping[str, JobFiles]
    symbols: set[str]
    requested: set[str] | None
    artifacts: ArtifactStorage
    allow_pickle: bool

    def __post_init__(self) -> None:
        self._loaded: OrderedDict[str, Blend] = OrderedDict()
        self._loaded_bytes = 0

    @classmethod
    def find(
        cls, store: StoreParts, plan_id: str, targets: Sequence[str] | None, symbols: Sequence[str] | None, *,
        every_job: bool, allow_pickle: bool,
    ) -> ServingModels:  # fmt: skip
        """Return the models of a plan; see :meth:`Store.predict <planstore.Store.predict>`."""
        session = store.access.session
        rows = session.rows("models/serving_jobs", plan_id=plan_id, target=None, symbol=None)
        pairs = [row for row in rows if row[1] is not None]
        for kind, names, place in (("target", targets, 0), ("symbol", symbols, 1)):
            known = dict.fromkeys(row[place] for row in pairs)
            for name in names or ():
                if name not in known:
                    raise NotFoundError(absent(kind, name, f"a pair of plan {plan_id[:12]}", [*known]))
        jobs: dict[str, dict[str, str | None]] = {}
        pooled = {}
        for target, symbol, _, job_id, pooled_job_id in pairs:
            if (targets is None or target in targets) and (symbols is None or symbol in symbols):
                jobs.setdefault(target, {})[symbol] = job_id
                if pooled_job_id is not None:
                    pooled[job_id] = pooled_job_id
        everywhere = {
            row[0]: row[3] for row in rows if every_job and row[1] is None and row[3] is not None and row[0] in jobs
        }
        files = JobFiles.all_of(session, plan_id)
        found = cls(
            plan_id, jobs, pooled, everywhere, files, {row[1] for row in pairs},
            None if symbols is None else set(symbols), store.access.ledger.artifacts, allow_pickle,
        )  # fmt: skip
        wanted = {job_id for by_symbol in jobs.values() for job_id in by_symbol.values() if job_id is not None}
        wanted |= {*everywhere.values()}
        trained = sorted(wanted & files.keys())
        if not trained:
            got = f"{len(wanted)} jobs without one: train it with `planstore train PANEL`, or name another run"
            none = "no job for these pairs: `planstore why TARGET SYMBOL` explains the routes; --every-job takes more"
            raise NotFoundError(f"plan {plan_id[:12]} must have a trained model, got {got if wanted else none}")
        for job_id in trained:
            for one in (job_id, pooled.get(job_id, job_id)):
                files[one].refuse_pickles(allow_pickle=allow_pickle)
        return found

    def jobs_of(self, target: str, symbols: Sequence[str]) -> dict[str, list[str]]:
        """Return the trained jobs that predict a target, each with its symbols among these."""
        found: dict[str, list[str]] = {}
        for symbol in symbols:
            if (job_id := self.jobs[target].get(symbol)) in self.files and job_id is not None:
                found.setdefault(job_id, []).append(symbol)
        if (job_id := self.everywhere.get(target)) in self.files and job_id is not None:
            found[job_id] = [one for one in symbols if self.requested is None or one in self.requested]
        return {job_id: of_job for job_id, of_job in found.items() if of_job}

    def blend(self, job_id: str) -> Blend:
        """Return the models of a job; the least recently used ones make room for others."""
        if job_id in self._loaded:
            self._loaded.move_to_end(job_id)
            return self._loaded[job_id]
        pooled = self.pooled.get(job_id)
        blend = Blend.load(
            self.artifacts,
            self.files[job_id],
            None if pooled is None else self.files[pooled],
            allow_pickle=self.allow_pickle,
        )
        self._loaded[job_id] = blend
        self._loaded_bytes += self._size(job_id)
        while len(self._loaded) > 1 and self._loaded_bytes > MODEL_BYTES:
            self._loaded_bytes -= self._size(self._loaded.popitem(last=False)[0])
        return blend

    def _size(self, job_id: str) -> int:
        pooled = self.pooled.get(job_id)
        return self.files[job_id].size + (0 if pooled is None else self.files[pooled].size)
