"""A panel is read from whatever folder a team has, and what is wrong with it is said."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import planstore
from planstore.errors import PanelError
from planstore.training.panel.horizons import Spacing
from planstore.training.panel.panel import Panel

DAYS = pd.bdate_range("2020-01-01", periods=30)


def rows(symbol: str = "A", **columns: Any) -> pd.DataFrame:
    """Return rows of one symbol: a feature, a target a day ahead, and whatever else."""
    place = sum(map(ord, symbol))
    made = {"date": DAYS, "f": np.arange(30.0) + place, "y_up_5d": (np.arange(30) + place) % 2}
    return pd.DataFrame(made | columns)


def write(folder: Path, *symbols: str) -> Path:
    for symbol in symbols:
        rows(symbol).to_parquet(folder / f"{symbol}.parquet", index=False)
    return folder


def same(one: Panel, other: Panel) -> bool:
    first, second = one.sample("y_up_5d"), other.sample("y_up_5d")
    return (
        (one.symbols, one.features, one.targets) == (other.symbols, other.features, other.targets)
        and first.features.equals(second.features)
        and (first.symbols == second.symbols).all()
        and (first.timestamps == second.timestamps).all()
        and (first.labels == second.labels).all()
    )


def test_files_a_symbol_one_long_file_and_hive_folders_are_the_same_panel(tmp_path: Path) -> None:
    for name in ("files", "csv", "hive", "partly"):
        (tmp_path / name).mkdir()
    panel = Panel.read(write(tmp_path / "files", "A", "B"))
    assert (panel.symbols, panel.features, panel.notes, panel.troubles) == (["A", "B"], ["f"], [], [])
    long = pd.concat([rows("A").assign(symbol="A"), rows("B").assign(symbol="B")])
    long.to_parquet(tmp_path / "long.parquet", index=False)
    for symbol in "AB":
        rows(symbol).to_csv(tmp_path / "csv" / f"{symbol}.csv", index=False)
        for year, part in rows(symbol).groupby(rows(symbol)["date"].dt.day < 15):
            folder = tmp_path / "hive" / "interval=1d" / f"symbol={symbol}" / f"part={year}"
            folder.mkdir(parents=True)
            part.to_parquet(folder / "data.parquet", index=False)
    long.iloc[:40].to_parquet(tmp_path / "partly" / "1.parquet", index=False)
    long.iloc[40:].to_csv(tmp_path / "partly" / "2.csv", index=False)
    for other in ("long.parquet", "csv", "partly"):
        assert same(panel, Panel.read(tmp_path / other)), other
    assert Panel.read(tmp_path / "hive").sample("y_up_5d").features.equals(panel.sample("y_up_5d").features)


def test_a_saved_panel_is_opened_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    panel = Panel.read(write(tmp_path / "in", "A", "B"))
    panel.save(tmp_path / "saved.parquet")
    assert same(panel, Panel.open(tmp_path / "saved.parquet"))
    assert [path.name for path in tmp_path.iterdir() if path.name != "in"] == ["saved.parquet"]


def test_rows_come_by_timestamp_then_symbol_whatever_the_order_of_the_file(tmp_path: Path) -> None:
    long = pd.concat([rows("B").assign(ticker="B"), rows("A").assign(ticker="A")]).sample(frac=1, random_state=1)
    long.to_parquet(tmp_path / "long.parquet", index=False)
    panel = Panel.read(tmp_path / "long.parquet")
    sample = panel.sample("y_up_5d")
    assert list(zip(sample.timestamps, sample.symbols, strict=True)) == sorted(
        zip(sample.timestamps, sample.symbols, strict=True)
    )
    assert panel.notes == ["sorted, because rows were not in order of time: A, B"]
    assert panel.sample("y_up_5d", symbols=["B"]).features["f"].tolist() == rows("B")["f"].tolist()


def test_what_is_wrong_with_one_symbol_leaves_it_out_and_the_rest_goes_on(tmp_path: Path) -> None:
    write(tmp_path, "A")
    rows("B").assign(symbol="B").to_parquet(tmp_path / "B.parquet", index=False)
    (tmp_path / "EMPTY.parquet").touch()
    (tmp_path / "BROKEN.parquet").write_bytes(b"PAR1 and then nothing")
    rows().iloc[:0].to_parquet(tmp_path / "NOROWS.parquet", index=False)
    rows().drop(columns="date").to_parquet(tmp_path / "NODATES.parquet", index=False)
    rows(date=range(30)).to_parquet(tmp_path / "NUMBERS.parquet", index=False)
    rows(date=[*DAYS[:29], pd.NaT]).to_parquet(tmp_path / "NULL.parquet", index=False)
    rows(date=[*DAYS[:29], DAYS[0]]).to_parquet(tmp_path / "TWICE.parquet", index=False)
    panel = Panel.read(
        tmp_path, symbols=["A", "B", "EMPTY", "BROKEN", "NOROWS", "NODATES", "NUMBERS", "NULL", "TWICE", "X"]
    )
    assert panel.symbols == ["A", "B"]
    said = {
        "EMPTY": "is empty",
        "BROKEN": "cannot be read",
        "NOROWS": "has no rows",
        "NODATES": "has no column of timestamps",
        "NUMBERS": "holds numbers; write timestamps as dates or times",
        "NULL": "row 30: it has no date",
        "TWICE": "1 of its rows repeat a timestamp, the first 2020-01-01",
        "X": "there are no rows of it",
    }
    assert panel.missing.keys() == said.keys()
    assert [name for name, text in said.items() if text not in panel.missing[name]] == []
    assert len(panel.troubles) == len(said)
    assert len(panel.sample("y_up_5d").labels) == 60


def test_columns_that_are_no_numbers_are_left_out_and_said(tmp_path: Path) -> None:
    frame = rows(sector="tech", listed=DAYS, empty=np.nan, y_name="up", flag=True, big=[np.inf, *range(29)])
    frame.to_parquet(tmp_path / "A.parquet")
    panel = Panel.read(tmp_path / "A.parquet")
    assert panel.symbols == ["A"]
    assert panel.features == ["f", "flag", "big"]
    assert panel.notes == ["big: 1 infinite values are taken for none"]
    assert panel.troubles == [
        "target y_name is left out: it holds text, not numbers",
        "feature sector is left out: it holds text, not numbers",
        "feature listed is left out: it holds times, not numbers",
        "feature empty is left out: it has no value at all",
    ]


def test_one_target_that_is_asked_for_makes_no_feature_of_the_others(tmp_path: Path) -> None:
    rows(fwd_ret_1d=0.5, goal=[0, 1, 2] * 10).to_parquet(tmp_path / "A.parquet", index=False)
    panel = Panel.read(tmp_path / "A.parquet", targets=["goal", "none"])
    assert ([target.name for target in panel.targets], panel.features) == (["goal"], ["f"])
    assert panel.targets[0].task_type == "MULTICLASS_CLASSIFICATION"
    assert panel.troubles == ["target none is asked for, and no column is called so"]


def test_the_task_comes_from_the_values_and_the_horizon_from_the_name(tmp_path: Path) -> None:
    rows(fwd_ret_3d=np.arange(30) / 7, y_sign=[-1, 1] * 15, y_many_2h=range(30), y_gone_1d=np.nan).to_parquet(
        tmp_path / "A.parquet", index=False
    )
    panel = Panel.read(tmp_path / "A.parquet")
    assert [(target.name, target.task_type, target.horizon) for target in panel.targets] == [
        ("y_up_5d", "BINARY_CLASSIFICATION", 5),
        ("fwd_ret_3d", "REGRESSION", 3),
        ("y_sign", "BINARY_CLASSIFICATION", 1),
        ("y_many_2h", "REGRESSION", 1),
        ("y_gone_1d", "REGRESSION", 1),
    ]
    assert panel.sample("y_sign").labels.tolist() == [0.0, 1.0] * 15
    assert len(panel.sample("y_gone_1d").labels) == 0
    assert panel.notes == ["target y_sign names no horizon: 1 timestamp assumed; set it with --horizon y_sign=DURATION"]


@pytest.mark.parametrize(
    ("name", "daily", "hourly", "five_minutes"),
    [
        ("fwd_ret_5d", 5, 35, 390),
        ("y_up_60m_0.20", 1, 1, 12),
        ("y_up_90min", 1, 2, 18),
        ("y_2h", 1, 2, 24),
        ("y_ret_same_day", 1, 7, 78),
        ("y_5d_after_30m", 5, 35, 390),
        ("y_10max_v2", None, None, None),
    ],
)
def test_a_horizon_is_counted_in_timestamps_of_the_panel(
    name: str, daily: int | None, hourly: int | None, five_minutes: int | None
) -> None:
    found = [Spacing(minutes, per_day).horizon(name) for minutes, per_day in ((1440, 1), (60, 7), (5, 78))]
    assert found == [daily, hourly, five_minutes]


def test_gaps_are_said(tmp_path: Path) -> None:
    write(tmp_path, "A")
    rows("B").drop(index=range(3, 14)).to_parquet(tmp_path / "B.parquet", index=False)
    assert Panel.read(tmp_path).notes == [
        "timestamps that other symbols have are missing: B (11)",
        "long pauses: B (18 days)",
    ]


def test_calendars_may_differ_and_an_hourly_panel_has_timestamps(tmp_path: Path) -> None:
    hours = pd.date_range("2020-01-01", periods=100, freq="h", tz="America/New_York")
    frame = pd.DataFrame({"ts": hours, "f": np.arange(100.0), "y_up_3h": np.arange(100) % 2})
    frame.to_parquet(tmp_path / "COIN.parquet", index=False)
    panel = Panel.read(tmp_path / "COIN.parquet")
    assert (panel.symbols, panel.targets[0].horizon, panel.troubles) == (["COIN"], 3, [])
    assert str(panel.sample("y_up_3h").timestamps[0]) == "2020-01-01T05:00:00.000000"
    assert panel.last_timestamp.isoformat() == "2020-01-05T08:00:00+00:00"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: folder / "none", "there is no such file or folder"),
        (lambda folder: folder, "must have .parquet, .pq, .csv files, got none"),
        (lambda folder: _file(folder, "x.txt"), "a panel must be a folder or one file of .parquet, .pq, .csv"),
        (lambda folder: _file(folder, "x.parquet"), "x.parquet is empty"),
        (
            lambda folder: _frame(folder, rows().drop(columns="y_up_5d")),
            "must have a numeric column named .*, got none",
        ),
        (lambda folder: _frame(folder, rows().drop(columns="f")), "must have a numeric column besides timestamp"),
        (lambda folder: _part(folder), "part-2.parquet is empty"),
        (lambda folder: _mixed(folder), "column f must have one type in all files, got numbers in"),
        (lambda folder: _frame(folder, rows().assign(symbol=["A"] * 29 + [None])), "row 30: symbol must have a value"),
        (lambda folder: _frame(folder, rows(date=[DAYS[0]] * 30)), "29 of its rows repeat a timestamp"),
    ],
)
def test_a_panel_that_cannot_be_read_is_refused_whole(tmp_path: Path, make: Any, said: str) -> None:
    with pytest.raises(planstore.PanelError, match=said):
        Panel.read(make(tmp_path))


def test_what_a_panel_does_not_have_cannot_be_sampled(tmp_path: Path) -> None:
    panel = Panel.read(write(tmp_path, "A"))
    with pytest.raises(planstore.NotFoundError, match="no target y_down; it has y_up_5d"):
        panel.sample("y_down")
    with pytest.raises(planstore.NotFoundError, match="no feature g"):
        panel.sample("y_up_5d", features=["f", "g"])
    assert list(panel.sample("y_up_5d", features=["f"]).features) == ["f"]


def _file(folder: Path, name: str) -> Path:
    (folder / name).touch()
    return folder / name


def _frame(folder: Path, frame: pd.DataFrame) -> Path:
    frame.to_parquet(folder / "A.parquet", index=False)
    return folder / "A.parquet"


def _part(folder: Path) -> Path:
    rows("B").assign(symbol="C").to_parquet(folder / "part-1.parquet", index=False)
    (folder / "part-2.parquet").touch()
    return folder


def _mixed(folder: Path) -> Path:
    write(folder, "A")
    rows(f="text").to_parquet(folder / "B.parquet", index=False)
    return folder


LATE = pa.array([0] * 29 + [253_402_300_800]).cast(pa.timestamp("s"))


@pytest.mark.parametrize(
    "values",
    [
        LATE.cast(pa.timestamp("ms")),
        LATE.cast(pa.timestamp("us", "UTC")),
        pa.array([0] * 29 + [2**63 - 1]).cast(pa.timestamp("us")),
        pa.array([0] * 29 + [2**31 - 1], pa.int32()).cast(pa.date32()),
        pa.array(["2020-01-01"] * 29 + ["10000-01-01"]),
    ],
    ids=["seconds", "with a zone", "the end of int64", "days", "texts"],
)
def test_a_timestamp_out_of_range_is_refused_with_row_and_value(tmp_path: Path, values: Any) -> None:
    table = pa.Table.from_pandas(rows(), preserve_index=False).set_column(0, "date", values)
    pq.write_table(table, tmp_path / "A.parquet")
    with pytest.raises(
        planstore.PanelError, match=r"row 30: date must be a time in the years 1 to 9999 .*, got '?\d{5}"
    ):
        Panel.read(tmp_path)


@pytest.mark.parametrize("value", ["10000-01-01", "infinity", "-infinity", "2024-02-30", "x"])
def test_a_timestamp_out_of_range_is_refused_in_csv(tmp_path: Path, value: str) -> None:
    rows().assign(date=[f"2020-01-{day:02}" for day in range(1, 30)] + [value]).to_csv(tmp_path / "A.csv", index=False)
    with pytest.raises(planstore.PanelError, match=r"row 30: date must be a time in the years 1 to 9999 "):
        Panel.read(tmp_path)


def test_a_feature_given_as_a_decimal_is_the_nearest_double(tmp_path: Path) -> None:
    table = pa.Table.from_pandas(rows(), preserve_index=False)
    values = pa.array([Decimal("0.54")] * 30, pa.decimal128(18, 6))
    pq.write_table(table.set_column(1, "f", values), tmp_path / "A.parquet")
    assert Panel.read(tmp_path).sample("y_up_5d").features["f"].tolist() == [0.54] * 30


def test_features_without_a_value_on_some_symbols_are_noted_with_these(tmp_path: Path) -> None:
    part = np.where(np.arange(30) < 20, 1.0, np.nan)
    rows("A", g=1.0, h=1.0, part=part, none=np.nan).to_parquet(tmp_path / "A.parquet", index=False)
    rows("B", part=part, none=np.nan).to_parquet(tmp_path / "B.parquet", index=False)
    rows("C", g=np.nan, h=np.inf, part=np.nan, none=np.nan).to_parquet(tmp_path / "C.parquet", index=False)
    rows("D", g=1.0, h=1.0, part=None).to_csv(tmp_path / "D.csv", index=False)
    panel = Panel.read(tmp_path)
    assert panel.features == ["f", "g", "h", "part"]
    advice = "missing there, as a null is; add the column to their files, or leave it out with --ignore"
    assert panel.notes == [
        "h: 30 infinite values are taken for none",
        f"no value of g, h on B, C: {advice}",
        f"no value of part on C, D: {advice}",
    ]
    assert Panel.read(tmp_path, settings={"ignore": ["g", "h", "part"]}).notes == []
    assert Panel.read(tmp_path, symbols=["A"]).notes == []
    long = pd.concat([rows("A", g=1.0).assign(symbol="A"), rows("B", g=np.nan).assign(symbol="B")])
    assert Panel.read(long.sample(frac=1, random_state=1)).notes[1:] == [f"no value of g on B: {advice}"]


AWARE = DAYS.tz_localize("US/Eastern")
ZONES: dict[str, Any] = {
    "times": (DAYS, AWARE),
    "dates": (DAYS.date, AWARE),
    "texts": (DAYS.strftime("%Y-%m-%d %H:%M"), DAYS.strftime("%Y-%m-%dT%H:%M:%S+0230")),
    "texts of dates": (DAYS.strftime("%Y-%m-%d"), DAYS.strftime("%Y%m%dT%H%MZ")),
}


@pytest.mark.parametrize("kind", ZONES)
@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_timestamps_with_and_without_a_zone_contradict_each_other(tmp_path: Path, kind: str, suffix: str) -> None:
    plain, aware = (rows(date=dates) for dates in ZONES[kind])
    for name, made in (("A", aware), ("B", plain), ("C", aware), ("D", plain)):
        write_csv_or_parquet(made, tmp_path / f"{name}.{suffix}")
    with pytest.raises(PanelError) as refused:
        Panel.read(tmp_path)
    assert f"got none in {tmp_path}/B.{suffix} and one in {tmp_path}/A.{suffix}: write all" in str(refused.value)
    for other in "BD":
        (tmp_path / f"{other}.{suffix}").unlink()
    assert Panel.read(tmp_path).symbols == ["A", "C"]


def write_csv_or_parquet(made: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".csv":
        made.to_csv(path, index=False)
    else:
        made.to_parquet(path, index=False)


def test_a_file_that_is_left_out_contradicts_none_and_one_of_texts_can_contradict_itself(tmp_path: Path) -> None:
    write(tmp_path, "A")
    rows(date=[*AWARE[:29], pd.NaT]).to_parquet(tmp_path / "B.parquet", index=False)
    assert Panel.read(tmp_path).symbols == ["A"]
    mixed = [*ZONES["texts"][0][:15], *ZONES["texts"][1][15:]]
    (tmp_path / "A.parquet").unlink()
    rows(date=mixed).to_parquet(tmp_path / "C.parquet", index=False)
    with pytest.raises(PanelError, match=r"got none in .*C\.parquet and one in .*C\.parquet"):
        Panel.read(tmp_path)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (rows().assign(symbol="A", date=[*DAYS[:29], pd.NaT]), "the frame, row 30: it has no date"),
        (rows().assign(symbol="A", date=range(30)), "the frame: column date holds numbers"),
        (rows().assign(symbol="A", date="x"), "the frame, row 1: date must be"),
        (rows().assign(symbol=["A", None] * 15), "the frame, row 2: symbol must have a value"),
        (rows().assign(symbol=1.5), "the frame: column symbol must hold texts or whole numbers"),
        (rows().assign(symbol="A").drop(columns="date"), "the frame has no column of timestamps: call one timestamp"),
        (rows().assign(symbol="A").drop(columns="date").iloc[[5, 3, 9]], "the frame has no column of timestamps"),
        (rows().assign(symbol="A").iloc[:0], "the frame has no rows"),
        (rows(), "the frame must have a column symbol, ticker, instrument, got none: add the symbol of each row"),
    ],
)
def test_faults_of_a_frame_name_the_frame(made: pd.DataFrame, said: str) -> None:
    with pytest.raises(PanelError) as refused:
        Panel.read(made)
    assert said in str(refused.value)
    assert "/" not in str(refused.value)


@pytest.mark.parametrize("name", ["row", "x y", "ß", 'a"b', "targets", "timestamps"])
def test_a_feature_may_be_called_anything(tmp_path: Path, name: str) -> None:
    rows().rename(columns={"f": name}).to_parquet(tmp_path / "A.parquet", index=False)
    assert Panel.read(tmp_path, settings={"features": [name]}).features == [name]


def test_a_panel_whose_name_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(planstore.PanelError, match="cannot be read: File name too long"):
        Panel.read(tmp_path / ("x" * 5000))
