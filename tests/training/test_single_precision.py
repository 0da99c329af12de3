"""A panel in single precision keeps it, and leads to the digests, evidence and models of the same numbers in double."""

from __future__ import annotations

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import markets
from planstore.events.digest import RowsDigest
from planstore.events.hashing import digest_of
from planstore.training.evidence.measure import measure
from planstore.training.execution.fit import train_job
from planstore.training.execution.task import Task
from planstore.training.families import load_families
from planstore.training.panel.panel import Panel

FEATURES = [f"f{number}" for number in range(5)]


@pytest.fixture(scope="module")
def panels(tmp_path_factory: pytest.TempPathFactory) -> tuple[Panel, Panel]:
    """Return a panel with features in single precision, and one with the same numbers in double precision."""
    folder = tmp_path_factory.mktemp("panels")
    found = []
    for kind in (pa.float32(), pa.float64()):
        made = markets.write_panel(folder / str(kind), ["BBB", "AAA"], days=150)
        for path in made.iterdir():
            table = pq.read_table(path)
            for name in FEATURES:
                place = table.column_names.index(name)
                table = table.set_column(place, name, table[name].cast(pa.float32()).cast(kind))
            pq.write_table(table, path)
        found.append(Panel.read(made))
    return found[0], found[1]


def test_its_rows_are_in_single_precision(panels: tuple[Panel, Panel]) -> None:
    single, double = (panel.sample("y_up_1d").features for panel in panels)
    assert ({*single.dtypes}, {*double.dtypes}) == ({np.dtype("float32")}, {np.dtype("float64")})
    assert single.astype(float).equals(double)
    assert panels[0].fitted_bytes * 2 == panels[1].fitted_bytes


def test_its_digest_is_that_of_the_rows_as_doubles_in_the_order_of_time(panels: tuple[Panel, Panel]) -> None:
    for panel in panels:
        frames = []
        for symbol in ("AAA", "BBB"):
            frames.append(
                pd.DataFrame(panel.layout.values([*panel.features, *markets.TARGETS], panel.layout.rows([symbol])))
            )
            frames[-1].insert(0, "timestamp", panel.layout.times[panel.layout.rows([symbol])].view("M8[us]"))
            frames[-1].insert(1, "symbol", symbol)
        rows = pd.concat(frames).astype(dict.fromkeys(range(8), float)).sort_values(["timestamp", "symbol"])
        names = ["timestamp", "symbol", *panel.features, *markets.TARGETS]
        table = pa.Table.from_pandas(rows.set_axis(names, axis=1), preserve_index=False)
        described = orjson.dumps(panel._description, option=orjson.OPT_SORT_KEYS)
        text = table.cast(table.schema.set(1, pa.field("symbol", pa.string())))
        assert panel.digest == digest_of(RowsDigest.of_table(text).hexdigest().encode() + described)
    assert panels[0].digest == panels[1].digest


def test_its_evidence_is_the_same(panels: tuple[Panel, Panel]) -> None:
    families = ("lightgbm", "linear")
    single, double = (measure(panel, families=families, workers=1, symbols=False) for panel in panels)
    assert single.report == double.report


@pytest.mark.parametrize("target", ["y_up_1d", "fwd_ret_1d"])
def test_its_models_are_the_same(panels: tuple[Panel, Panel], target: str) -> None:
    task_type = panels[0].target(target).task_type
    names = ("lightgbm", "xgboost", "extra_trees", "linear", "logistic")
    families = tuple(family for name, family in load_families().items() if name in names and family.trains(task_type))
    single, double = (train_job(panel, Task("job", 1, target, None, families)) for panel in panels)
    assert single.error is None
    assert len(single.files) == len(families) + 3
    assert [(file.name, digest_of(file.content)) for file in single.files] == [
        (file.name, digest_of(file.content)) for file in double.files
    ]
