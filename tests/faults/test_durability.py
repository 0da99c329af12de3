"""What is acknowledged is durable: each file was made durable after it was last written, and so was its name.

A killed process loses nothing that it gave to the operating system, so only the order of calls can show this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.harness import Faults, do, needs_compiler

pytestmark = needs_compiler
PASSING = (".lock", ".lock.json", ".queue", "-shm", "exported.json")
"""Ends of names that no promise rests on: locks, what SQLite shares in memory, the note of the last export."""

STEPS = ("route", "small route", "status", "compact", "rebuild")


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faults]:
    with Faults(tmp_path_factory.mktemp("durability")) as made:
        yield made


def calls_in(trace: Path) -> list[tuple[str, Path]]:
    """Return kinds and paths of calls; what is below a folder on its way in is told under the folder's later name."""
    lines = (re.sub(r"\.incoming-[0-9a-f]{32}", "", line) for line in trace.read_text().splitlines())
    return [(kind, Path(path)) for kind, path in (line.split(" ", 1) for line in lines)]


def made(calls: list[tuple[str, Path]], path: Path) -> int:
    """Return the place of the call that gave a path its name; a folder may be asked for again when it is there."""
    folders = [place for place, call in enumerate(calls) if call == ("mkdir", path)]
    return max([*folders[:1], last(calls, ("rename",) if folders else ("create", "rename", "link"), path)])


def last(calls: list[tuple[str, Path]], kinds: tuple[str, ...], path: Path) -> int:
    """Return the place of the last call of these kinds for a path, -1 when there is none."""
    return max((place for place, call in enumerate(calls) if call[0] in kinds and call[1] == path), default=-1)


@pytest.mark.parametrize("place", ["the store", "backup", "copy"])
def test_every_file_and_its_name_are_durable_when_a_step_is_acknowledged(faults: Faults, place: str) -> None:
    results, trace = faults.results(), faults.folder.parent / f"trace-{place}"
    with faults.process() as process:
        process.use(results)
        if place != "the store":
            do(process, results, faults.steps("route", "status"))
        before = set(results.folder.rglob("*"))
        process.ask("trace", path=str(trace))
        for step in faults.steps(*(STEPS if place == "the store" else [place])):
            do(process, results, [step])
            calls = calls_in(trace)
            files = {path for _, path in calls if path.exists() and not path.name.endswith(PASSING)}
            if place == "copy":  # because reading opens the catalog of the store anew
                files = {path for path in files if results.folder not in path.parents}
            assert len(files) > 10
            for path in files:
                if path.is_dir() and not any(below.is_file() for below in path.rglob("*")):
                    continue  # because DuckLake makes folders long before it puts a file there
                named = made(calls, path)
                if named >= 0 and not (path.is_dir() and path in before) and path.parent != faults.folder:
                    assert named < last(calls, ("fsync",), path.parent), f"{step}: the name of {path} is not durable"
                written = last(calls, ("write", "catalog", "ftruncate"), path)
                assert written < 0 or written < last(calls, ("fsync",), path), f"{step}: {path} is not durable"


def test_files_are_durable_before_the_catalog_names_them(faults: Faults) -> None:
    results, trace = faults.results(), faults.folder.parent / "trace"
    with faults.process() as process:
        process.use(results)
        process.ask("trace", path=str(trace))
        do(process, results, faults.steps("route", "compact"))
        calls = calls_in(trace)
    synced = {path: last(calls, ("fsync",), path) for _, path in calls if path.suffix == ".parquet" and path.exists()}
    assert len(synced) >= 3
    commit = last(calls, ("catalog",), results.folder / "planstore/catalog.sqlite-wal")
    assert all(0 <= place < commit for place in synced.values())
