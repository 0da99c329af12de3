"""Export of a job's models into a folder, for programs without access to the store."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from planstore.database.session import Session
from planstore.errors import ExportError, NotFoundError, RequestError
from planstore.ledger.embedded.store_folder import refuse_store
from planstore.ledger.storage import ArtifactStorage
from planstore.models.description import DESCRIPTION
from planstore.models.formats import ModelFormat
from planstore.models.loading import JobFiles
from planstore.projections.file_names import file_names

MANIFEST = "manifest.json"
POOLED = "pooled"
"""Folder of the cross-sectional models whose predictions a job's are averaged with."""


def export_models(session: Session, artifacts: ArtifactStorage, plan_id: str, job_id: str, folder: Path) -> list[Path]:
    """Write the model files of a job and a manifest into a new folder; no model is loaded.

    Args:
        session: a session of the store.
        artifacts: storage of the files.
        plan_id: the plan.
        job_id: the job.
        folder: a folder that does not exist, or is empty; it appears when it is complete.

    Returns:
        The paths of the written files.

    Raises:
        NotFoundError: the plan has no such job, or it has not succeeded.
        RequestError: the folder has files, or is inside of a store.
        ExportError: a file cannot be written.
    """
    refuse_store("the folder of models", folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RequestError(f"the folder of models must be new or empty, got {folder}: name another one")
    jobs = session.records("models/job", plan_id=plan_id, job_id=job_id)
    if not jobs:
        raise NotFoundError(f"plan {plan_id[:12]} has no job {job_id}: `planstore models` lists those with models")
    job = jobs[0]
    contents: dict[str, bytes] = {}
    manifest = _lineage(job) | _described(artifacts, JobFiles.find(session, plan_id, job_id), "", contents)
    if job["pooled_job_id"] is not None:
        pooled = JobFiles.find(session, plan_id, job["pooled_job_id"])
        manifest[POOLED] = {"job_id": pooled.job_id} | _described(artifacts, pooled, f"{POOLED}/", contents)
    contents[MANIFEST] = orjson.dumps(manifest, option=orjson.OPT_INDENT_2)
    _write(folder, contents)
    return [folder / name for name in sorted(contents)]


def _lineage(job: Mapping[str, Any]) -> dict[str, Any]:
    """Return the job, its decision and its run."""
    metrics = orjson.loads(job["metrics"] or "{}")
    return {name: value for name, value in job.items() if name not in ("metrics", "pooled_job_id")} | {
        "metrics": metrics
    }


def _described(artifacts: ArtifactStorage, files: JobFiles, folder: str, contents: dict[str, bytes]) -> dict[str, Any]:
    """Add the model files of a job to ``contents``, and return their part of the manifest."""
    models = [row for row in files.rows if row[0].removeprefix("refitted ").startswith("model ")]
    names = file_names({row[0].removeprefix("refitted ") for row in models}, suffix="")
    listed = []
    for name, digest, media_type, size in models:
        of_fit = f"{folder}refitted/" if name.startswith("refitted ") else folder
        stem = names[name.removeprefix("refitted ")].replace("model ", "model_", 1)
        path = f"{of_fit}{stem}{ModelFormat.of(media_type).suffix}"
        contents[path] = artifacts.get(digest)
        listed.append({"path": path, "digest": digest, "format": str(ModelFormat.of(media_type)), "size": size})
    description = None if files.description is None else orjson.loads(artifacts.get(files.description))
    return {"digest": files.digest, "files": listed, DESCRIPTION: description}


def _write(folder: Path, contents: Mapping[str, bytes]) -> None:
    unfinished = folder.absolute().with_name(f".{folder.absolute().name}.{os.getpid()}")
    try:
        try:
            for name, content in contents.items():
                path = unfinished / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            unfinished.replace(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    except OSError as error:
        raise ExportError(f"{folder} cannot be written: {error.strerror or error}") from error
