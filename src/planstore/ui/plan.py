"""The pages of a plan, its jobs and one job, which follow the training."""

from __future__ import annotations

import json

from planstore.checks.quoting import quoted
from planstore.errors import NotFoundError
from planstore.events.vocabulary import JobState
from planstore.models.description import DESCRIPTION, JobModels
from planstore.ui.asked import Asked
from planstore.ui.flips import Record

PAGE_ROWS = 50
WIDTH = 1000
"""Width of a bar of progress in its own units."""
JOBS = ("plan", "status", "part", "page")


def plan_page(asked: Asked) -> Record:
    """Return the page of a plan without its jobs."""
    store = asked.store
    run = store.access.find_run(asked.text("plan"))
    counts = dict(store.access.session.rows("store/progress", plan_id=run["plan_id"]))
    return {
        "run": run,
        "counts": counts,
        "total": sum(counts.values()),
        "stale": store.training.stale_reasons(run["run_id"]),
        "cost": store.training.cost(run["run_id"]),
        "statuses": tuple(JobState),
        "filter": {name: asked.text(name) for name in JOBS},
    }


def progress_part(asked: Asked) -> Record:
    """Return the job counts of a plan by training type and status, as bars."""
    run = asked.store.access.find_run(asked.text("plan"))
    rows = asked.store.access.session.records("ui/plan_progress", plan_id=run["plan_id"])
    kinds: dict[str, dict[str, int]] = {}
    for row in rows:
        kinds.setdefault(row["training_type"], {})[row["status"]] = row["jobs"]
    return {"run": run, "kinds": [{"kind": kind, **_bar(counts)} for kind, counts in kinds.items()], "width": WIDTH}


def _bar(counts: dict[str, int]) -> Record:
    total, x, parts = sum(counts.values()), 0.0, []
    for status in JobState:
        if jobs := counts.get(status, 0):
            width = WIDTH * jobs / total
            parts.append({"status": status.value, "jobs": jobs, "x": round(x, 2), "width": round(width, 2)})
            x += width
    return {"total": total, "parts": parts}


def jobs_part(asked: Asked) -> Record:
    """Return a page of a plan's jobs."""
    run = asked.store.access.find_run(asked.text("plan"))
    page = asked.number("page", 1, least=1, most=10**6)
    rows = asked.store.access.session.records(
        "ui/jobs_page",
        plan_id=run["plan_id"],
        status=asked.choice("status", tuple(JobState)),
        part=asked.text("part"),
        limit=PAGE_ROWS,
        offset=(page - 1) * PAGE_ROWS,
    )
    for row in rows:
        row["metrics"] = json.loads(row["metrics"]) if row["metrics"] else {}
    total = rows[0]["total"] if rows else 0
    return {
        "run": run,
        "rows": rows,
        "total": total,
        "page": page,
        "last_page": max(1, -(-total // PAGE_ROWS)),
        "jobs_query": {"plan": run["run_id"], "status": asked.text("status"), "part": asked.text("part")},
    }


def jobs_answer(asked: Asked) -> list[Record]:
    """Return the answer of ``planstore jobs``."""
    names = {name: asked.texts(name) or None for name in ("target", "symbol")}
    return list(asked.store.training.jobs(plan=asked.text("plan"), status=asked.text("status"), **names))


def job_page(asked: Asked) -> Record:
    """Return the page of a job: its log, metrics, files and the reason of its training.

    Raises:
        NotFoundError: the plan has no such job.
    """
    run = asked.store.access.find_run(asked.text("plan"))
    job_id = asked.needed("id")
    session, key = asked.store.access.session, {"plan_id": run["plan_id"], "job_id": job_id}
    if not session.rows("store/job_exists", **key):
        raise NotFoundError(f"{quoted(job_id)} is no job of plan {run['plan_id'][:12]}: `planstore jobs` lists them")
    job = session.records("ui/one_job", **key)[0]
    job["metrics"] = json.loads(job["metrics"]) if job["metrics"] else {}
    try:
        reason = (
            str(asked.store.training.why_trained(job_id, run["run_id"]))
            if job["status"] == JobState.SUCCEEDED
            else None
        )
    except NotFoundError as error:
        reason = str(error)
    files = session.records("ui/job_files", **key)
    return {
        "run": run,
        "job": job,
        "models": _models(asked, files),
        "log": session.records("ui/job_log", **key),
        "files": files,
        "reason": reason,
    }


def _models(asked: Asked, files: list[Record]) -> Record | None:
    """Return what a job's models have learned from and with; None before they are stored."""
    digest = next((file["digest"] for file in files if file["name"] == DESCRIPTION), None)
    if digest is None:
        return None
    found = JobModels.load(asked.store.access.ledger.artifacts.get(digest))
    return {
        "task_type": found.task_type,
        "features": list(found.features),
        "seed": found.seed,
        "is_averaged": found.pooled is not None,
        "models": [
            {
                "family": one.family,
                "fit": str(one.fit),
                "predicts": one in found.serving,
                "rows": one.rows,
                "newest_data": None if one.newest_data is None else one.newest_data.isoformat(),
                "libraries": dict(one.libraries),
                "digest": one.digest,
            }
            for one in found.models
        ],
    }


def job_answer(asked: Asked) -> Record:
    """Return a job with its models, log and files, for JSON."""
    found = job_page(asked)
    return {
        "run_id": found["run"]["run_id"],
        **{name: found[name] for name in ("job", "models", "log", "files", "reason")},
    }
