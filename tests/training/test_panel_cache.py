"""A panel is laid out once, by symbol and column, and shared by all who read the same files; nothing else changes."""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import planstore
from planstore.cli.verbs import app
from planstore.training.evidence.side_cache import side_cache
from planstore.training.panel import values
from planstore.training.panel.cache import BYTES_VARIABLE, PanelCache, PanelUse, panel_cache
from planstore.training.panel.files import CHUNK_CELLS
from planstore.training.panel.laying_out import lay_out
from planstore.training.panel.layout import FACTS, LaidOutColumn, LayoutFacts
from planstore.training.panel.panel import Panel
from planstore.training.panel.source_digest import source_digest

DIGEST, OTHER = "a" * 64, "b" * 64


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PanelCache]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield panel_cache()
    gc.collect()


def frame(seed: int, symbols: str = "AB", rows: int = 40) -> pd.DataFrame:
    """Return a panel in order of time whose symbols lack some timestamps; single and double precision, and integers."""
    chance = np.random.default_rng(seed)
    days = pd.bdate_range("2020-01-01", periods=rows)
    frames = []
    for symbol in symbols:
        kept = days[chance.random(rows) < 0.8]
        columns = {"date": kept, "symbol": symbol, "single": chance.normal(size=len(kept)).astype(np.float32)}
        columns |= {"double": chance.normal(size=len(kept)), "whole": chance.integers(0, 2**40, len(kept))}
        made = pd.DataFrame(columns | {"y_up_1d": chance.integers(0, 2, len(kept)).astype(float)})
        made.loc[chance.random(len(made)) < 0.1, ["single", "y_up_1d"]] = np.nan
        made.loc[1, "double"] = np.inf
        frames.append(made)
    return pd.concat(frames).sort_values(["date", "symbol"], ignore_index=True)


def made(folder: Path, rows: int = 3) -> None:
    """Lay out a panel that nobody has."""
    np.save(folder / "timestamp.npy", np.arange(rows))
    size = (folder / "timestamp.npy").stat().st_size
    (folder / FACTS).write_bytes(LayoutFacts("made", {"A": rows}, [], {}, {}, [], 1.0, 1, size).dump())


def expected(frame: pd.DataFrame, symbols: str) -> pd.DataFrame:
    rows = frame[frame["symbol"].isin([*symbols]) & frame["y_up_1d"].notna()].replace(np.inf, np.nan)
    return rows.sort_values(["date", "symbol"], ignore_index=True)


@pytest.mark.parametrize("run", [0, 10**6], ids=["runs of rows", "single rows"])
@pytest.mark.parametrize("cells", [CHUNK_CELLS, 40], ids=["a chunk a file", "small chunks"])
@pytest.mark.parametrize("seed", range(3))
def test_rows_are_those_of_the_files_whatever_their_number_order_and_types(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, cells: int, run: int
) -> None:
    monkeypatch.setattr(values, "CHUNK_CELLS", cells)
    monkeypatch.setattr(values, "RUN", run)
    long, chance = frame(seed, "CAB"), np.random.default_rng(seed)
    folder = tmp_path / "panel"
    folder.mkdir()
    mixed = long.sample(frac=1, random_state=seed) if seed else long
    for number, (first, end) in enumerate(pairwise([0, 30, 31, 70, len(long)])):
        part = mixed.iloc[first:end].astype({"double": np.float64 if number else np.float32, "whole": "Int64"})
        if number == 2:
            part = part.drop(columns="whole")
            long.loc[part.index, "whole"] = np.nan
        if not number:
            long.loc[part.index, "double"] = part["double"].astype(float)
        part.to_parquet(folder / f"{number}.parquet", index=False, row_group_size=int(chance.integers(5, 20)))
    panel = Panel.read(folder)
    assert panel.features == ["single", "double", "whole"]
    assert panel.layout.dtype(["single"]) == np.float32
    for symbols in ("ABC", "B", "AC"):
        wanted, found = expected(long, symbols), panel.sample("y_up_1d", symbols=[*symbols])
        assert found.symbols.tolist() == wanted["symbol"].tolist()
        assert (found.timestamps == wanted["date"].to_numpy()).all()
        assert found.labels.tolist() == wanted["y_up_1d"].tolist()
        for name in panel.features:
            assert np.array_equal(found.features[name], wanted[name].to_numpy(float), equal_nan=True), name
    assert panel.sample("y_up_1d", features=["single"]).features["single"].dtype == np.float32


def without_last_date(path: Path) -> None:
    frame = pd.read_parquet(path)
    frame.loc[len(frame) - 1, "date"] = pd.NaT
    frame.to_parquet(path, index=False)


def with_damaged_values(path: Path) -> None:
    table = pq.read_table(path)
    pq.write_table(table, path, row_group_size=10, use_dictionary=False)
    column = pq.read_metadata(path).row_group(2).column(table.column_names.index("own"))
    with path.open("r+b") as file:
        file.seek(column.data_page_offset)
        file.write(b"\xff" * column.total_compressed_size)


@pytest.mark.parametrize("damage", [without_last_date, with_damaged_values])
def test_a_file_that_breaks_in_the_middle_leaves_nothing_of_it(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    folder = tmp_path / "panel"
    folder.mkdir()
    for symbol in "ABC":
        frame(ord(symbol), symbol).drop(columns="symbol").to_parquet(folder / f"{symbol}.parquet", index=False)
    whole = Panel.read(folder, symbols=["A", "C"])
    broken = pd.read_parquet(folder / "B.parquet").assign(own=1.0).astype({"single": float})
    broken.to_parquet(folder / "B.parquet", index=False)
    assert Panel.read(folder).features == [*whole.features, "own"]
    damage(folder / "B.parquet")
    panel = Panel.read(folder)
    one, other = ({path.name for path in each.layout.folder.glob("*.npy")} for each in (panel, whole))
    assert one == other
    assert (panel.symbols, list(panel.missing), panel.features) == (["A", "C"], ["B"], whole.features)
    assert panel.layout.dtype(["single"]) == np.float32
    assert panel.sample("y_up_1d").features.equals(whole.sample("y_up_1d").features)


def test_a_panel_is_laid_out_once_and_again_when_its_content_changes(tmp_path: Path, cache: PanelCache) -> None:
    long = frame(1)
    long.to_parquet(tmp_path / "long.parquet", index=False)
    first = Panel.read(tmp_path / "long.parquet")
    place = first.layout.folder.stat()
    again = Panel.read(tmp_path / "long.parquet", settings={"ignore": ["whole"]})
    assert again.features == ["single", "double"]
    assert again.layout.folder.stat().st_ino == place.st_ino
    assert [(entry.panel, entry.rows, entry.is_used) for entry in cache.entries()] == [
        (str(tmp_path / "long.parquet"), len(long), True)
    ]
    before = (tmp_path / "long.parquet").stat()
    long.loc[3, "single"] += 1
    long.to_parquet(tmp_path / "long.parquet", index=False)
    os.utime(tmp_path / "long.parquet", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (tmp_path / "long.parquet").stat().st_size == before.st_size
    changed = Panel.read(tmp_path / "long.parquet")
    assert changed.layout.folder != first.layout.folder
    assert changed.digest != first.digest
    assert Panel.read(long).sample("y_up_1d").features.equals(changed.sample("y_up_1d").features)
    rows = first.layout.rows(["B"])
    assert rows.tolist() == list(range(rows[0], rows[0] + len(rows)))  # the rows of a symbol are a slice


def test_a_panel_that_changes_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "long.parquet"
    frame(1).to_parquet(path, index=False)

    def changed(*arguments: Any) -> LayoutFacts:
        facts = lay_out(*arguments)
        frame(2).to_parquet(path, index=False)
        return facts

    monkeypatch.setattr("planstore.training.panel.reading.lay_out", changed)
    with pytest.raises(planstore.PanelError, match="must stay as it is while it is read"):
        Panel.read(path)
    assert panel_cache().entries() == []


def test_a_panel_that_gets_other_rows_between_keys_and_values_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "long.parquet"
    for rows in (30, 50):
        frame(1).to_parquet(path, index=False)

        def changed(*arguments: Any, rows: int = rows) -> list[LaidOutColumn]:
            frame(2, rows=rows).to_parquet(path, index=False)
            return values.write_values(*arguments)

        monkeypatch.setattr("planstore.training.panel.laying_out.write_values", changed)
        with pytest.raises(planstore.PanelError, match="must stay as it is while it is read"):
            Panel.read(path)


def test_a_panel_that_is_only_touched_while_it_is_read_is_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, digests = tmp_path / "long.parquet", []
    frame(1).to_parquet(path, index=False)

    def touched(*arguments: Any) -> LayoutFacts:
        path.touch()
        return lay_out(*arguments)

    def digest(*arguments: Any) -> str:
        digests.append(source_digest(*arguments))
        return digests[-1]

    monkeypatch.setattr("planstore.training.panel.reading.source_digest", digest)
    Panel.read(path)
    assert len(digests) == 1  # because a file with the same state has the same content
    panel_cache().clean()
    monkeypatch.setattr("planstore.training.panel.reading.lay_out", touched)
    Panel.read(path)
    assert len({*digests}) == 1
    assert len(digests) == 3


def test_an_entry_of_another_version_is_listed_and_removed(cache: PanelCache) -> None:
    cache.use(DIGEST, made).release()
    facts = json.loads((cache.folder / DIGEST / FACTS).read_bytes())
    (cache.folder / DIGEST / FACTS).write_text(json.dumps(facts | {"newer": 1, "columns": [{"older": 1}]}))
    assert [(entry.panel, entry.rows) for entry in cache.clean()] == [(facts["where"], sum(facts["symbols"].values()))]


def test_two_readers_at_once_lay_out_one_panel(cache: PanelCache) -> None:
    calls, both = [], threading.Barrier(2)

    def make(folder: Path) -> None:
        calls.append(folder)
        made(folder)

    def use() -> PanelUse:
        both.wait()
        return cache.use(DIGEST, make)

    with ThreadPoolExecutor(2) as threads:
        one, other = (running.result() for running in [threads.submit(use), threads.submit(use)])
    assert one.folder == other.folder == cache.folder / DIGEST
    assert len(calls) == 1
    one.release()
    assert [entry.is_used for entry in cache.entries()] == [True]
    assert cache.clean() == []
    other.release()
    assert [entry.digest for entry in cache.clean()] == [DIGEST]
    assert not (cache.folder / DIGEST).exists()


KILLED = """
import sys
from planstore.training.evidence.side_cache import side_cache
from planstore.training.panel.cache import panel_cache
def make(folder):
    (folder / "0.npy").write_bytes(b"begun")
    print(folder, flush=True)
    sys.stdin.read()
panel_cache().use(sys.argv[1], make)
"""


def test_a_reader_that_is_killed_leaves_no_entry_and_stops_no_other(cache: PanelCache) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, DIGEST], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as killed:
        assert killed.stdout is not None
        begun = Path(killed.stdout.readline().strip())
        assert cache.clean() == []
        assert (begun / "0.npy").exists()  # because its process lives
        os.kill(killed.pid, signal.SIGKILL)
    use = cache.use(DIGEST, made)
    assert not begun.exists()
    assert {path.suffix for path in cache.folder.iterdir()} <= {"", ".lock"}
    assert [entry.digest for entry in cache.entries()] == [DIGEST]
    use.release()


def test_the_cache_has_a_bound_and_drops_what_was_used_the_longest_ago(
    tmp_path: Path, cache: PanelCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    uses = {digest: cache.use(digest, made) for digest in (DIGEST, OTHER)}
    size = cache.entries()[0].size
    for digest, age in ((DIGEST, 60), (OTHER, 30)):
        os.utime(cache.folder / digest / FACTS, (time.time() - age,) * 2)
    monkeypatch.setenv(BYTES_VARIABLE, str(2 * size))
    for use in uses.values():
        use.release()
    panel_cache().use(DIGEST, made).release()
    panel_cache().use("c" * 64, made).release()
    assert [entry.digest[0] for entry in cache.entries()] == ["c", "a"]
    monkeypatch.setenv(BYTES_VARIABLE, "0")
    used = panel_cache().use("d" * 64, made)
    assert [entry.digest[0] for entry in cache.entries()] == ["d"]  # because it is in use
    used.release()
    monkeypatch.setenv(BYTES_VARIABLE, "5 GB")
    with pytest.raises(
        planstore.RequestError, match="PLANSTORE_PANEL_CACHE_BYTES must be a number of bytes, got '5 GB'"
    ):
        panel_cache()


@pytest.mark.parametrize("broken", ["timestamp.npy", FACTS])
def test_an_entry_that_is_not_whole_is_made_again(cache: PanelCache, broken: str) -> None:
    cache.use(DIGEST, made).release()
    with (cache.folder / DIGEST / broken).open("r+b") as file:
        file.truncate(10)
    cache.use(DIGEST, made).release()
    assert np.load(cache.folder / DIGEST / "timestamp.npy").tolist() == [0, 1, 2]


def test_without_a_cache_a_panel_is_laid_out_in_a_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    panel = Panel.read(frame(1))
    assert "panels must be laid out in a folder that can be written, got" in caplog.text
    folder = panel.layout.folder
    assert len(panel.sample("y_up_1d").labels)
    del panel
    gc.collect()
    assert not folder.exists()


def test_a_value_that_is_written_in_part_is_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "pwrite", lambda file, content, place: len(content) - 1)
    monkeypatch.setattr(values, "RUN", 0)
    frame(1).to_parquet(tmp_path / "long.parquet", index=False)
    with pytest.raises(planstore.PanelError, match="got No space left on device: free space"):
        Panel.read(tmp_path / "long.parquet")


def test_a_full_disk_is_one_error_and_leaves_nothing(cache: PanelCache) -> None:
    def make(folder: Path) -> None:
        made(folder)
        raise OSError(28, "No space left on device")

    with pytest.raises(planstore.PanelError, match=r"must be laid out in .*, got No space left on device: free space"):
        cache.use(DIGEST, make)
    assert {path.suffix for path in cache.folder.iterdir()} <= {"", ".lock"}
    assert cache.entries() == []


def test_the_command_line_lists_and_removes_panels(tmp_path: Path, cache: PanelCache) -> None:
    def call(*words: str) -> str:
        done = CliRunner().invoke(app, ["panel", *words])
        assert done.exit_code == 0, done.output
        return done.stdout

    for number in range(2):
        pq.write_table(pa.Table.from_pandas(frame(number)), tmp_path / f"{number}.parquet")
        Panel.read(tmp_path / f"{number}.parquet")
    gc.collect()
    listed = json.loads(call("list", "--json"))["panels"]
    assert [one["panel"] for one in listed] == [str(tmp_path / f"{number}.parquet") for number in (1, 0)]
    assert str(tmp_path / "0.parquet") in call("list").replace("\n", "")
    removed = json.loads(call("clean", "--keep-bytes", str(listed[0]["size"]), "--json"))["removed"]
    assert removed == [listed[1]]
    (side_cache().folder / "0").mkdir(parents=True)
    (side_cache().folder / "0" / "a.json").write_bytes(b"side")
    assert "0 bytes of sides removed" in call("clean", "--keep-bytes", "1")
    assert "4 bytes of sides removed" in call("clean")
    assert json.loads(call("list", "--json")) == {"panels": []}
    shutil.rmtree(cache.folder)
    assert json.loads(call("clean", "--json")) == {"removed": [], "side_bytes": 0}
