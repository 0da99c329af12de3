"""Export: the newest run and its plan as files, for readers that know only files."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

import orjson

from planstore.database.session import Session
from planstore.errors import NotFoundError, RequestError
from planstore.events.candidate_columns import NUMBERS
from planstore.events.commit import utc_text
from planstore.events.prefetch import each_prefetched
from planstore.ledger.embedded.lock import WriterLock
from planstore.ledger.embedded.store_folder import refuse_store
from planstore.ledger.ledger import Ledger
from planstore.projections.file_names import file_names
from planstore.projections.markdown import routing_plan_markdown, training_plan_markdown
from planstore.projections.publish import Comparing, Manifest, Outgoing, export_errors
from planstore.projections.texts import job_pieces, mapped, target_pieces, text_buffers

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

FORMATS = ("json", "yaml", "markdown")
KINDS = ("json", "yaml", "md")
"""The suffixes of those formats."""
READABLE_JOBS = 20_000
"""Plans with more jobs than this are written as YAML and Markdown only when that is asked for."""

PLAN = Path("globals/training_plan")
PLAN_COPY = Path("METRICS/training_plan")
ROUTING = Path("METRICS/routing_plan")
CANDIDATES = Path("METRICS/routing_candidates")
SNAPSHOT = "routing_candidates.parquet"
"""The file of candidates that older readers expect both plans to name, whatever name the caller gave his."""
UNKNOWN = "unknown"
"""The git commit and config hash that older readers find where the caller gave none."""
_KEYS = {"by_target": "target", "by_symbol": "symbol", "by_type": "training_type", "by_route": "route"}

Progress: TypeAlias = Callable[[str], None]


@dataclass(frozen=True)
class Exported:
    """What an export did.

    Attributes:
        results: the results folder.
        run_id: the run that was exported.
        plan_id: its plan.
        files: how many files stand there for it.
        written: how many of them were missing or different, and so were written.
        removed: how many files of an earlier plan were removed.
    """

    results: Path
    run_id: str
    plan_id: str
    files: int
    written: int
    removed: int

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def export(
    ledger: Ledger,
    results: Path,
    *,
    formats: Sequence[str] | None = None,
    metrics_copy: bool = False,
    progress: Progress = lambda _: None,
) -> Exported:
    """Write the files of the newest run and its plan; exports take turns, so the newest run's files are what stays.

    Raises:
        NotFoundError: the ledger holds no run.
        RequestError: a format is none that is known, or a folder leads into a store.
        ExportError: a file cannot be written.
    """
    unknown = sorted(set(formats or ()) - set(FORMATS))
    if unknown:
        raise RequestError(f"formats are {', '.join(FORMATS)}, not {', '.join(unknown)}")
    for folder in (ROUTING, *(folder / view for folder in (PLAN, PLAN_COPY) for view in ("", *_KEYS))):
        refuse_store("the exported files", results / folder)
    ledger.create()
    with export_errors(results), WriterLock(ledger.layout.export_lock, timeout=3600).held():
        session = ledger.writer()
        found = session.records("export/newest_run")
        if not found:
            raise NotFoundError("the ledger holds no run yet, so there is nothing to export")
        run = found[0]
        staging = ledger.folder / "outgoing"
        return _Export(ledger, session, results, staging, run, formats, metrics_copy, progress).do()


def compare_files(ledger: Ledger, results: Path) -> list[str]:
    """Return how the files of the last complete export differ from what the ledger says, one sentence each.

    Files are not looked at when no export is noted as complete: then nobody has said that they are right.
    """
    subject = Manifest(ledger.layout.exported, results).subject()
    if not subject:
        return []
    lock = WriterLock(ledger.layout.export_lock, timeout=3600)
    with export_errors(results), lock.held() if ledger.is_writable else lock.held_by_reader(), _staging(ledger) as made:
        session = ledger.writer()
        found = session.records("export/run", run_id=subject.get("run_id"))
        if not found:
            return [f"planstore/exported.json names run {subject.get('run_id')!r}, which the ledger does not hold"]
        formats = [name for name in subject.get("formats", ()) if name in FORMATS]
        copied = str(PLAN_COPY) in subject.get("folders", ())
        return _Export(ledger, session, results, made, found[0], formats, copied, lambda _: None).differences()


@contextmanager
def _staging(ledger: Ledger) -> Iterator[Path]:
    """Give a folder to make files in: the store's own, or where that cannot be written, one that goes away."""
    if ledger.is_writable:
        yield ledger.folder / "outgoing"
        return
    with tempfile.TemporaryDirectory(prefix="planstore-") as folder:
        yield Path(folder) / "outgoing"


class _Export:
    """One export: the run and plan, and where they go."""

    def __init__(
        self,
        ledger: Ledger,
        session: Session,
        results: Path,
        staging: Path,
        run: dict[str, Any],
        formats: Sequence[str] | None,
        metrics_copy: bool,
        progress: Progress,
    ) -> None:
        self._session = session
        self._results = results
        self._run = run
        self._progress = progress
        row = session.row("consumer/read_plan", plan_id=run["plan_id"])
        assert row is not None, "a run's plan is in the ledger"
        self._metadata = orjson.loads(row[0])
        self._summary = orjson.loads(row[1])
        self._formats = self._chosen(formats)
        self._folders = (PLAN, PLAN_COPY) if metrics_copy else (PLAN,)
        self._staging = staging
        self._manifest = Manifest(ledger.layout.exported, results)

    def do(self) -> Exported:
        subject = {
            "run_id": self._run["run_id"],
            "plan_id": self._run["plan_id"],
            "formats": self._formats,
            "folders": [str(folder) for folder in self._folders],
        }
        standing = self._manifest.matches(subject)
        if standing and not self._stale():
            shutil.rmtree(self._staging, ignore_errors=True)  # because an export may be killed when it was done
            return self._exported(standing, 0, 0)
        self._manifest.forget()
        outgoing = Outgoing(self._results, self._staging)
        self._write(outgoing)
        paths = [*outgoing.written, *outgoing.kept]
        removed = self._remove_stale({self._results / path for path in paths})
        self._manifest.record(subject, paths)
        shutil.rmtree(self._staging)
        return self._exported(len(paths), len(outgoing.written), removed)

    def differences(self) -> list[str]:
        """Return what stands in the results folder and is not what an export would write, one sentence each."""
        made = Comparing(self._results, self._staging)
        self._write(made)
        expected = {self._results / path for path in [*made.written, *made.kept]}
        shutil.rmtree(self._staging)
        return [
            f"{path} {'differs' if (self._results / path).exists() else 'is missing'}" for path in sorted(made.written)
        ] + [
            f"{path.relative_to(self._results)} is no file of this plan"
            for path in self._possible()
            if path not in expected
        ]

    def _write(self, outgoing: Outgoing) -> None:
        self._session.run("export/json_text")
        self._write_training_plan(outgoing)
        with ThreadPoolExecutor(1) as beside, closing(self._session.cursor()) as session:
            candidates = beside.submit(self._write_candidates, session, outgoing)
            self._write_routing_plan(outgoing)
            candidates.result()

    def _exported(self, files: int, written: int, removed: int) -> Exported:
        return Exported(self._results, self._run["run_id"], self._run["plan_id"], files, written, removed)

    def _chosen(self, formats: Sequence[str] | None) -> list[str]:
        if formats is None and self._metadata["total_jobs"] <= READABLE_JOBS:
            row = self._session.row("export/policy_formats", policy_id=self._run["policy_id"])
            formats = [name.lower() for name in row[0]] if row else []
        return [name for name in FORMATS if name == "json" or name in (formats or ())]

    # --- the training plan -------------------------------------------------------------------------------------

    def _write_training_plan(self, outgoing: Outgoing) -> None:
        self._progress("training plan")
        master = PLAN / "master_training_plan.json"
        with outgoing.staging_path(master).open("wb+") as file:
            ends = self._write_master(file)
            file.flush()
            text = mapped(file)
            write_view = self._view_writer(outgoing, text, ends)
            with ThreadPoolExecutor(1) as beside:
                # because writing a large file leaves the time to make small ones, which writing small ones would not
                large = beside.submit(self._write_large, outgoing, text, write_view)
                for view in ("by_target", "by_symbol"):
                    write_view(view)
                large.result()
        outgoing.place(master)
        if len(self._formats) > 1:
            self._write_readable_plan(outgoing)

    def _write_large(self, outgoing: Outgoing, text: memoryview, write_view: Callable[[str], None]) -> None:
        """Write what holds large parts of the plan: its mirrors and the views of few files."""
        for folder in self._folders:
            if folder != PLAN:
                outgoing.add(folder / "master_training_plan.json", [text])
            outgoing.add(folder / "training_plan.json", [text])
        for view in ("by_type", "by_route"):
            write_view(view)

    def _write_master(self, file: BinaryIO) -> np.ndarray[Any, Any]:
        """Write the master plan and return where each job's text starts in it, and where the last one ends."""
        import numpy as np

        head = _object_text({"metadata": self._metadata})[:-2] + ',\n  "jobs": ['
        file.write(f"{head}\n".encode())
        starts = [np.array([len(head) + 1], dtype="i8")]

        def write(batch: pa.RecordBatch) -> None:
            offsets, data = text_buffers(batch.column(0))
            file.write(data)
            starts.append(offsets[1:].astype("i8") - offsets[0] + starts[-1][-1])

        plan = {"plan_id": self._run["plan_id"]}
        self._session.run("export/set_family_texts", **plan)
        each_prefetched(self._session.batches("export/job_texts", **plan), write)
        ends = np.concatenate(starts)
        # because no comma follows the last job, and no line the bracket of a plan without jobs
        file.seek(ends[-1] - 2 if len(ends) > 1 else len(head))
        file.write(b"\n  ]," if len(ends) > 1 else b"],")
        file.write(_object_text({"summary": self._summary})[1:].encode())
        file.truncate()
        return ends

    def _view_writer(self, outgoing: Outgoing, text: memoryview, ends: np.ndarray[Any, Any]) -> Callable[[str], None]:
        """Return what writes the files of a view, from the master plan's text and where each job ends in it."""
        import pyarrow as pa
        import pyarrow.compute as pc

        documents = self._session.batches("export/documents", plan_id=self._run["plan_id"]).read_all()
        texts = pa.LargeBinaryArray.from_buffers(
            pa.large_binary(), len(ends) - 1, [None, pa.py_buffer(ends), pa.py_buffer(text)]
        )

        def write(view: str) -> None:
            found = documents.filter(pc.equal(documents["view"], view))
            keys = found["key"].to_pylist()
            names = file_names([_file_key(view, key) for key in keys])
            for key, pieces in zip(keys, job_pieces(found["jobs"].combine_chunks(), texts), strict=True):
                head = f'{{\n  {json.dumps(_KEYS[view])}: {json.dumps(key)},\n  "jobs": [\n'.encode()
                content = [head, *pieces[:-1], pieces[-1][:-2], b"\n  ]\n}"]
                for folder in self._folders:
                    outgoing.add(folder / view / names[_file_key(view, key)], content)

        return write

    def _write_readable_plan(self, outgoing: Outgoing) -> None:
        master = outgoing.path_of(PLAN / "master_training_plan.json")
        plan = orjson.loads(master.read_bytes())
        for folder in self._folders:
            if "yaml" in self._formats:
                outgoing.add(folder / "training_plan.yaml", [_yaml(plan)])
            if "markdown" in self._formats:
                outgoing.add(folder / "training_plan.md", [training_plan_markdown(plan).encode()])

    # --- the routing plan and the candidates --------------------------------------------------------------------

    def _write_routing_plan(self, outgoing: Outgoing) -> None:
        self._progress("routing plan and candidates")
        metadata = {
            "generated_at": utc_text(self._run["recorded_at"]),
            "git_commit": self._run["git_commit"] or UNKNOWN,
            "config_hash": self._run["config_hash"] or UNKNOWN,
            "metrics_snapshot": SNAPSHOT,
            "view": None,
        }
        path, commit = ROUTING / "routing_plan.json", {"commit_id": self._run["commit_id"]}
        with outgoing.staged(path) as file:
            file.write((_object_text({"metadata": metadata})[:-2] + ',\n  "targets": {\n').encode())
            ending = b""

            def write(batch: pa.RecordBatch) -> None:
                nonlocal ending
                pieces, ending = target_pieces(batch, ending)
                file.writelines(pieces)

            each_prefetched(self._session.batches("export/decision_texts", **commit), write)
            file.write(ending[:-2] + b"\n  }\n}")
        if "yaml" in self._formats:
            outgoing.add(ROUTING / "routing_plan.yaml", [_yaml(orjson.loads(outgoing.path_of(path).read_bytes()))])
        if "markdown" in self._formats:
            decisions = self._session.records("export/decisions", **commit)
            outgoing.add(ROUTING / "routing_plan.md", [routing_plan_markdown(metadata, decisions).encode()])

    def _write_candidates(self, session: Session, outgoing: Outgoing) -> None:
        commit, path = {"commit_id": self._run["commit_id"]}, CANDIDATES.with_suffix(".parquet")
        with outgoing.staged(CANDIDATES.with_suffix(".json")) as file:
            file.write(b"[\n")
            each_prefetched(
                session.batches("export/candidate_texts", **commit, numbers=NUMBERS),
                lambda batch: file.write(text_buffers(batch.column(0))[1]),
            )
            file.seek(-2, os.SEEK_CUR)  # because no comma follows the last one
            file.write(b"\n]\n")
        session.run("export/candidates_parquet", path=str(outgoing.staging_path(path)), **commit)
        outgoing.place(path)

    # --- what is no longer part of the plan ---------------------------------------------------------------------

    def _possible(self) -> Iterator[Path]:
        """Yield every file that stands where an export may have put one; files of other names are their owners'."""
        yield from (path for path in self._named() if path.exists())
        for folder in (PLAN, PLAN_COPY):
            for view in _KEYS:
                yield from (self._results / folder / view).glob("*.json")

    def _named(self) -> Iterator[Path]:
        for folder in (PLAN, PLAN_COPY):
            for name in ("master_training_plan.json", *(f"training_plan.{kind}" for kind in KINDS)):
                yield self._results / folder / name
        for kind in KINDS:
            yield self._results / ROUTING / f"routing_plan.{kind}"

    def _stale(self) -> bool:
        """Tell whether files stand there that the last export did not leave."""
        known = self._manifest.files()
        return any(path not in known for path in self._possible())

    def _remove_stale(self, standing: set[Path]) -> int:
        stale = [path for path in self._possible() if path not in standing]
        for path in stale:
            path.unlink()
        for folder in (PLAN, PLAN_COPY):
            for view in _KEYS:
                place = self._results / folder / view
                if place.is_dir() and not any(place.iterdir()):
                    place.rmdir()
        return len(stale)


def _file_key(view: str, key: str) -> str:
    return key.removeprefix("ROUTE_").lower() if view == "by_route" else key


def _object_text(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2)


def _yaml(document: Any) -> bytes:
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return bytes(yaml.dump(document, Dumper=dumper, sort_keys=False, allow_unicode=True, encoding="utf-8"))
