"""Speed and memory, as ratios to something run beside it in the same process and the same minute.

Run by ``make bench``. Each figure is the best of its rounds; ours and what stands beside it take turns.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
from audit_bench import audit
from evidence_bench import cost, noise, workers
from figures import Figure, seconds
from ledger_bench import bulk, events
from market import POLICY, market
from training_bench import overhead, scaling

import planstore
from planstore.projections.export import export as write_files

TARGETS, SYMBOLS = 1000, 1000
FAMILIES = ["lightgbm", "xgboost", "mlp"]


def route(folder: Path, rounds: int = 3) -> Iterator[Figure]:
    """Candidates in to plan and projections committed, against a bare COPY of the same rows to parquet."""
    candidates = folder / "candidates.parquet"
    ours = []
    for turn in range(rounds):
        with planstore.open(folder / f"route{turn}") as store:
            store.create()
            ours.append(seconds(lambda store=store: store.route(candidates, POLICY, FAMILIES)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    bare = duckdb.connect()
    with planstore.open(folder / "route0") as store:
        tables = ("candidates", "decisions", "jobs", "plan_documents")
        for table in tables:
            rows = store.sql(f"from {table}").to_arrow_table()
            bare.register("rows_in", rows)
            bare.execute(f"create table {table} as from rows_in")
            bare.unregister("rows_in")
    copies = []
    for _ in range(rounds):
        copies.append(sum(seconds(lambda t=t: bare.execute(f"copy {t} to '{folder / t}.parquet'")) for t in tables))
    yield Figure(
        f"route {TARGETS * SYMBOLS:,} pairs, committed",
        f"{min(ours):.2f} s",
        f"bare COPY of its candidates, decisions, jobs and documents, in memory: {min(copies):.2f} s",
        min(ours) / min(copies),
        "at most 3",
    )
    yield Figure("peak memory of that", f"{peak:.2f} GiB", "4 GiB", peak / 4, "under 1")


def export(folder: Path, rounds: int = 3) -> Iterator[Figure]:
    """Export of that run and plan, against a loop that writes the same ready-made bytes to the same names.

    Both write new files into pages that were just freed. The plan's own files, and everything an export writes.
    Files of the round before are emptied and set aside, not deleted, because ext4 looks at every inode that was just
    deleted before it takes one for a new file, which costs more than to write it.
    """
    results = folder / "route0"
    plan, ours, loops, again = [], [], {"globals": [], "METRICS": []}, []  # type: ignore[var-annotated]
    with planstore.open(results) as store:
        for _ in range(rounds):
            for part in loops:
                _empty(results / part, folder / "emptied")
            started: dict[str, float] = {}

            def progress(what: str, started: dict[str, float] = started) -> None:
                started[what] = time.perf_counter()

            ours.append(
                seconds(lambda p=progress: write_files(store.access.ledger, results, formats=["json"], progress=p))
            )
            plan.append(started["routing plan and candidates"] - started["training plan"])
            again.append(seconds(lambda: store.export(formats=["json"])))
            for part, taken in loops.items():
                files = [path for path in (results / part).rglob("*") if path.is_file()]
                contents = [(folder / "loop" / path.relative_to(results), path.read_bytes()) for path in files]
                _empty(folder / "loop", folder / "emptied")
                taken.append(seconds(lambda: _write(contents)))  # noqa: B023
                if part == "globals":
                    size, count = sum(len(content) for _, content in contents) / 1e6, len(contents)
    bare = min(loops["globals"])
    yield Figure(
        f"export of the plan, {size:,.0f} MB in {count:,} JSON files",
        f"{size / min(plan):,.0f} MB/s",
        f"loop over the same bytes, ready in memory: {size / bare:,.0f} MB/s",
        bare / min(plan),
        "at least 0.33",
    )
    everything = min(a + b for a, b in zip(*loops.values(), strict=True))
    yield Figure(
        "the same with routing plan and candidates", f"{min(ours):.2f} s",
        f"loop over the same bytes, ready in memory: {everything:.2f} s",
        everything / min(ours), "at least 0.33",
    )  # fmt: skip
    yield Figure(
        "second export, nothing changed", f"{min(again):.2f} s", f"first export: {min(ours):.2f} s",
        min(again) / min(ours), "under 0.1",
    )  # fmt: skip


def _empty(place: Path, aside: Path) -> None:
    """Set a folder aside, its files emptied."""
    if place.exists():
        for path in place.rglob("*"):
            if path.is_file():
                os.truncate(path, 0)
        aside.mkdir(exist_ok=True)
        place.rename(aside / str(len(list(aside.iterdir()))))


def _write(contents: list[tuple[Path, bytes]]) -> None:
    for path, content in contents:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def show_help(rounds: int = 9) -> Iterator[Figure]:
    """``planstore --help``, against an import of what any such command line needs."""
    command = [str(Path(sys.executable).with_name("planstore")), "--help"]
    imports = [sys.executable, "-c", "import typer, rich"]
    ours, bare = [], []
    for _ in range(rounds):
        ours.append(seconds(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)))
        bare.append(seconds(lambda: subprocess.run(imports, check=True)))
    yield Figure(
        "planstore --help", f"{min(ours) * 1000:.0f} ms", f"import typer, rich: {min(bare) * 1000:.0f} ms",
        min(ours) / min(bare), "at most 3",
    )  # fmt: skip


def starts(folder: Path, rounds: int = 7) -> Iterator[Figure]:
    """Processor time of verbs on a small store, against an import of DuckDB and its smallest query.

    The modules of both are compiled, as pip leaves them; a checkout may be set not to keep compiled modules.
    """
    results = folder / "helpers20"
    if not results.exists():
        _plan(folder, 20, 20)
    with planstore.open(results) as store:
        pair = [
            str(name)
            for name in store.sql(
                "select target, symbol from current_decisions where symbol is not null limit 1"
            ).fetchone()
            or ()
        ]
    planstore_verb = str(Path(sys.executable).with_name("planstore"))
    bare = [sys.executable, "-c", "import duckdb; duckdb.sql('select 1').fetchall()"]
    compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    compiled["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
    for verb in (["log"], ["status"], ["jobs"], ["plan"], ["sql", "select 1"], ["why", *pair]):
        command = [planstore_verb, *verb, "--results", str(results)]
        turns = [(_processor(command, compiled), _processor(bare, compiled)) for _ in range(rounds + 1)][1:]
        ours, beside = (min(column) for column in zip(*turns, strict=True))
        yield Figure(
            f"planstore {verb[0]}: processor time", f"{ours * 1000:.0f} ms",
            f"import duckdb, select 1: {beside * 1000:.0f} ms", ours / beside, "at most 4",
        )  # fmt: skip


def _processor(command: list[str], environment: dict[str, str]) -> float:
    """Return the seconds of processor time of a process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def helpers(folder: Path) -> Iterator[Figure]:
    """Jobs of every target and every symbol of a plan of 100,000 jobs, against one of 10,000 with answers as long."""
    small, large = _plan(folder, 100, 100), _plan(folder, 1000, 100)
    for name, ask, key in (
        ("jobs_for_target", planstore.get_jobs_for_target, "target"),
        ("jobs_for_symbol", planstore.get_jobs_for_symbol, "symbol"),
    ):
        per_job = {}
        for plan in (small, large):
            keys = sorted({job[key] for job in plan.jobs if job[key] is not None})
            ask(plan, keys[0])
            taken = seconds(lambda: [ask(plan, one) for one in keys])  # noqa: B023
            answers = sum(len(ask(plan, one)) for one in keys)
            per_job[len(plan.jobs)] = (taken / answers, taken / len(keys))
        (few, few_call), (many, many_call) = per_job[min(per_job)], per_job[max(per_job)]
        yield Figure(
            f"{name}, every key, {max(per_job):,} jobs",
            f"{many * 1e6:.0f} µs a job answered, {many_call * 1000:.1f} ms a call",
            f"{min(per_job):,} jobs: {few * 1e6:.0f} µs a job answered, {few_call * 1000:.1f} ms a call",
            many / few,
            "about 1 or less",
        )
    with planstore.open(folder / "helpers1000") as store:
        few = "FROM current_jobs LIMIT 10"
        ours = min(seconds(lambda: store.sql(few).fetchall()) for _ in range(5))
        bare = store.access.ledger.reader()._connection
        jobs = "FROM lake.jobs WHERE plan_id = $plan ORDER BY ordinal"
        named = {"plan": large.plan_id}
        beside = min(seconds(lambda: bare.execute(jobs, named).to_arrow_table()) for _ in range(5))
    yield Figure(
        f"10 of current_jobs, {len(large.jobs):,} jobs", f"{ours * 1000:.0f} ms",
        f"bare read of the plan's jobs: {beside * 1000:.0f} ms", ours / beside, "at most 3",
    )  # fmt: skip


def _plan(folder: Path, targets: int, symbols: int) -> planstore.TrainingPlan:
    policy = {"routing": POLICY["routing"] | {"min_sample_size": {"cross_sectional": 0, "symbol": 0}}}
    store = planstore.open(folder / f"helpers{targets}")
    return store.route(market(targets, symbols), policy, FAMILIES, include_blocked=True).plan


def _figures(measure: Callable[..., Iterator[Figure]], *arguments: Path) -> list[Figure]:
    return list(measure(*arguments))


def main() -> None:
    """Measure everything, each in a process of its own, and print the table."""
    print("| what | planstore | beside it | ratio | wanted |\n|---|---|---|---|---|")  # noqa: T201
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        pq.write_table(market(TARGETS, SYMBOLS), folder / "candidates.parquet")
        for measure, arguments in (
            (show_help, ()),
            (starts, (folder,)),
            (route, (folder,)),
            (export, (folder,)),
            (helpers, (folder,)),
            (bulk, (folder,)),
            (events, (folder,)),
            (overhead, (folder,)),
            (scaling, (folder,)),
            (audit, (folder,)),
            (cost, ()),
            (workers, ()),
            (noise, (folder,)),
        ):
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
                for figure in process.submit(_figures, measure, *arguments).result():
                    print(figure.line(), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
