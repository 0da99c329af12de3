"""Export of the newest run and its plan to files, for readers without access to the ledger."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
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
from planstore.projections.exported import Exported
from planstore.projections.file_names import file_names
from planstore.projections.markdown import routing_plan_markdown, training_plan_markdown
from planstore.projections.publish import Comparing, Manifest, Outgoing, export_errors
from planstore.projections.texts import job_pieces, mapped, target_pieces, text_buffers

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

FORMATS = ("json", "yaml", "markdown")
KINDS = ("json", "yaml", "md")
"""The file suffixes of the formats."""
READABLE_JOBS = 20_000
"""Maximum jobs of a plan that is written as YAML and Markdown by default."""

PLAN = Path("globals/training_plan")
PLAN_COPY = Path("METRICS/training_plan")
ROUTING = Path("METRICS/routing_plan")
CANDIDATES = Path("METRICS/routing_candidates")
SNAPSHOT = "routing_candidates.parquet"
"""The name of the candidates file that older readers expect in both plans, whatever name the caller recorded."""
UNKNOWN = "unknown"
"""The git commit and config hash in the files of a run without them, as older readers expect."""
_KEYS = {"by_target": "target", "by_symbol": "symbol", "by_type": "training_type", "by_route": "route"}

Progress: TypeAlias = Callable[[str], None]


def export(
    ledger: Ledger,
    results: Path,
    *,
    formats: Sequence[str] | None = None,
    metrics_copy: bool = False,
    progress: Progress = lambda _: None,
) -> Exported:
    """Write the files of the newest run and its plan; concurrent exports run one after the other.

    Raises:
        NotFoundError: the ledger has no run.
        RequestError: a format is unknown, or a folder leads into a store.
        ExportError: a file cannot be written.
    """
    unknown = sorted(set(formats or ()) - set(FORMATS))
    if unknown:
        raise RequestError(f"formats must be among {', '.join(FORMATS)}, got {', '.join(unknown)}")
    for folder in (ROUTING, *(folder / view for folder in (PLAN, PLAN_COPY) for view in ("", *_KEYS))):
        refuse_store("the exported files", results / folder)
    ledger.create()
    with export_errors(results), WriterLock(ledger.layout.export_lock, timeout=3600).held():
        session = ledger.writer()
        rows = session.records("export/newest_run")
        if not rows:
            raise NotFoundError(
                "the ledger holds no run yet, so there is nothing to export: `planstore route CANDIDATES --policy "
                "POLICY` makes one"
            )
        run = rows[0]
        staging = ledger.layout.folder / "outgoing"
        return _Export(ledger, session, results, staging, run, formats, metrics_copy, progress).do()


def compare_files(ledger: Ledger, results: Path) -> list[str]:
    """Return the differences between the files of the last complete export and the ledger, one sentence each.

    Without a complete export nothing is compared, because the files were never complete.
    """
    subject = Manifest(ledger.layout.exported, results).subject()
    if not subject:
        return []
    lock = WriterLock(ledger.layout.export_lock, timeout=3600)
    with (
        export_errors(results),
        lock.held() if ledger.is_writable else lock.held_by_reader(),
        _staging(ledger) as staging,
    ):
        session = ledger.writer()
        rows = session.records("export/run", run_id=subject.get("run_id"))
        if not rows:
            return [f"planstore/exported.json names run {subject.get('run_id')!r}, which the ledger does not hold"]
        formats = [name for name in subject.get("formats", ()) if name in FORMATS]
        copied = str(PLAN_COPY) in subject.get("folders", ())
        return _Export(ledger, session, results, staging, rows[0], formats, copied, lambda _: None).differences()


@contextmanager
def _staging(ledger: Ledger) -> Iterator[Path]:
    """Yield a staging folder: the store's, or a temporary one if the store is not writable."""
    if ledger.is_writable:
        yield ledger.layout.folder / "outgoing"
        return
    with tempfile.TemporaryDirectory(prefix="planstore-") as folder:
        yield Path(folder) / "outgoing"


class _Export:
    """One export of a run and its plan."""

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
        count = self._manifest.matches(subject)
        if count and not self._stale():
            shutil.rmtree(self._staging, ignore_errors=True)  # because a killed export may have left the folder
            return self._exported(count, 0, 0)
        self._manifest.forget()
        outgoing = Outgoing(self._results, self._staging)
        self._write(outgoing)
        paths = [*outgoing.written, *outgoing.unchanged]
        removed = self._remove_stale({self._results / path for path in paths})
        self._manifest.record(subject, paths)
        shutil.rmtree(self._staging)
        return self._exported(len(paths), len(outgoing.written), removed)

    def differences(self) -> list[str]:
        """Return the differences between the results folder and the files of an export, one sentence each."""
        outgoing = Comparing(self._results, self._staging)
        self._write(outgoing)
        expected = {self._results / path for path in [*outgoing.written, *outgoing.unchanged]}
        shutil.rmtree(self._staging)
        return [
            f"{path} {'differs' if (self._results / path).exists() else 'is missing'}"
            for path in sorted(outgoing.written)
        ] + [
            f"{path.relative_to(self._results)} is no file of this plan"
            for path in self._possible()
            if path not in expected
        ]

    def _write(self, outgoing: Outgoing) -> None:
        self._session.run("export/json_text")
        self._write_training_plan(outgoing)
        with ThreadPoolExecutor(1) as executor, closing(self._session.cursor()) as session:
            candidates = executor.submit(self._write_candidates_json, session, outgoing)
            self._write_routing_plan(outgoing)
            self._write_candidates_parquet(outgoing)
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
            with ThreadPoolExecutor(1) as executor:
                # because a thread that writes a large file is idle long enough to write small files concurrently
                large = executor.submit(self._write_large, outgoing, text, write_view)
                for view in ("by_target", "by_symbol"):
                    write_view(view)
                large.result()
        outgoing.place(master)
        if len(self._formats) > 1:
            self._write_readable_plan(outgoing)

    def _write_large(self, outgoing: Outgoing, text: memoryview, write_view: Callable[[str], None]) -> None:
        """Write the large files of the plan: its mirrors, and the views with few files."""
        for folder in self._folders:
            if folder != PLAN:
                outgoing.add(folder / "master_training_plan.json", [text])
            outgoing.add(folder / "training_plan.json", [text])
        for view in ("by_type", "by_route"):
            write_view(view)

    def _write_master(self, file: BinaryIO) -> np.ndarray[Any, Any]:
        """Write the master plan; return the start of each job's text in it, followed by the last job's end."""
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
        # because the last job has no comma after it, and a plan without jobs no line break before the bracket
        file.seek(ends[-1] - 2 if len(ends) > 1 else len(head))
        file.write(b"\n  ]," if len(ends) > 1 else b"],")
        file.write(_object_text({"summary": self._summary})[1:].encode())
        file.truncate()
        return ends

    def _view_writer(self, outgoing: Outgoing, text: memoryview, ends: np.ndarray[Any, Any]) -> Callable[[str], None]:
        """Return a function that writes the files of a view, from the master plan's text and its jobs' ends."""
        import pyarrow as pa
        import pyarrow.compute as pc

        documents = self._session.batches("export/documents", plan_id=self._run["plan_id"]).read_all()
        texts = pa.LargeBinaryArray.from_buffers(
            pa.large_binary(), len(ends) - 1, [None, pa.py_buffer(ends), pa.py_buffer(text)]
        )

        def write(view: str) -> None:
            selected = documents.filter(pc.equal(documents["view"], view))
            keys = selected["key"].to_pylist()
            names = file_names([_file_key(view, key) for key in keys])
            for key, pieces in zip(keys, job_pieces(selected["jobs"].combine_chunks(), texts), strict=True):
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

    def _write_candidates_json(self, session: Session, outgoing: Outgoing) -> None:
        with outgoing.staged(CANDIDATES.with_suffix(".json")) as file:
            file.write(b"[\n")
            each_prefetched(
                session.batches("export/candidate_texts", commit_id=self._run["commit_id"], numbers=NUMBERS),
                lambda batch: file.write(text_buffers(batch.column(0))[1]),
            )
            file.seek(-2, os.SEEK_CUR)  # because the last one has no comma after it
            file.write(b"\n]\n")

    def _write_candidates_parquet(self, outgoing: Outgoing) -> None:
        path = CANDIDATES.with_suffix(".parquet")
        self._session.run(
            "export/candidates_parquet", path=str(outgoing.staging_path(path)), commit_id=self._run["commit_id"]
        )
        outgoing.place(path)

    # --- files of earlier plans ---------------------------------------------------------------------------------

    def _possible(self) -> Iterator[Path]:
        """Yield the existing files with names of an export; files with other names are not planstore's."""
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
        """Return whether there are files with names of an export that the last export did not write."""
        known = self._manifest.files()
        return any(path not in known for path in self._possible())

    def _remove_stale(self, current: set[Path]) -> int:
        stale = [path for path in self._possible() if path not in current]
        for path in stale:
            path.unlink()
        for folder in (PLAN, PLAN_COPY):
            for view in _KEYS:
                view_folder = self._results / folder / view
                if view_folder.is_dir() and not any(view_folder.iterdir()):
                    view_folder.rmdir()
        return len(stale)


def _file_key(view: str, key: str) -> str:
    return key.removeprefix("ROUTE_").lower() if view == "by_route" else key


def _object_text(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2)


def _yaml(document: Any) -> bytes:
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return bytes(yaml.dump(document, Dumper=dumper, sort_keys=False, allow_unicode=True, encoding="utf-8"))
