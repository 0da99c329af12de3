"""No verb writes into a store what is not the ledger's own, on whatever path or link it gets there."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import inputs
import planstore
import samples
from planstore import PlanstoreError, RequestError
from planstore.cli.verbs import app

WRITERS = {
    "sql": ("sql", "from runs", "--format", "csv", "-o", "{file}"),
    "report": ("report", "--output", "{file}"),
    "calibrate": ("calibrate", "--plot", "{file}"),
    "backtest": ("backtest", "policy.yaml", "--plot", "{file}"),
    "evidence": ("evidence", "no such panel", "--out", "{file}"),
    "key": ("key", "{file}"),
    "init": ("init", "--policy", "{file}"),
    "backup": ("backup", "{file}"),
    "restore": ("restore", "backup", "--results", "{file}"),
    "a store": ("route", "one.parquet", "--policy", "policy.yaml", "--results", "{file}"),
}
PLACES = (
    "other/planstore/catalog.sqlite",
    "other/planstore/data/main/jobs/new",
    "other/planstore/artifacts/new",
    "results/planstore/new",
    "results/planstore/new/deeper",
    "results/../other/planstore/new",
    "backup/new",
    "link-to-catalog.parquet",
    "link-to-nothing-yet.parquet",
    "link-to-folder/new",
    "link-to-link/main/new",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two stores, a backup, and links into them."""
    made = tmp_path_factory.mktemp("over")
    samples.parquet(made / "one.parquet", samples.records(1, 2))
    (made / "policy.yaml").write_text(samples.POLICY_YAML, encoding="utf-8")
    for name in ("results", "other"):
        with planstore.open(made / name) as store:
            store.route(made / "one.parquet", made / "policy.yaml")
            store.export()
            if name == "other":
                store.maintenance.backup(made / "backup")
    for link, target in (
        ("link-to-catalog.parquet", "other/planstore/catalog.sqlite"),
        ("link-to-nothing-yet.parquet", "other/planstore/artifacts/x"),
        ("link-to-folder", "other/planstore/data"),
        ("link-to-link", "link-to-folder"),
    ):
        (made / link).symlink_to(target)
    return made


@pytest.fixture
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


def called(*words: str) -> BaseException | None:
    done = CliRunner().invoke(app, list(words), env={"PLANSTORE_RESULTS": "results"})
    return None if done.exit_code == 0 else done.exception


@pytest.mark.parametrize("place", PLACES)
def test_a_place_inside_of_a_store_is_refused_before_anything_is_written(inside: Path, place: str) -> None:
    before = inputs.snapshot(inside)
    for name, words in WRITERS.items():
        error = called(*(word.format(file=place) for word in words))
        assert isinstance(error, PlanstoreError), (name, error)
        assert re.search("must be outside of every store|is a file, not a results folder", str(error)), (name, error)
        assert name == "a store" or place in str(error), (name, error)
        assert inputs.snapshot(inside) == before, name


def test_exported_files_do_not_follow_a_link_into_a_store(inside: Path) -> None:
    with planstore.open("linked") as store:
        store.route("one.parquet", "policy.yaml")
        for view in ("METRICS", "METRICS/training_plan", "globals/training_plan/by_target"):
            link = Path("linked") / view
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(inside / "other/planstore/artifacts")
            before = inputs.snapshot(inside)
            with pytest.raises(RequestError, match="the exported files must be outside of every store"):
                store.export()
            assert inputs.snapshot(inside) == before
            link.unlink()
        assert store.export().files > 0


def test_links_that_lead_to_each_other_are_one_error(inside: Path) -> None:
    Path("a").symlink_to("b")
    Path("b").symlink_to("a")
    for words in (("sql", "from runs", "-o", "a/x.csv"), ("backup", "a/x"), ("report", "--output", "a/x.html")):
        error = called(*words)
        assert isinstance(error, PlanstoreError), words
        assert "a" in str(error)


def test_places_beside_a_store_are_written_to(inside: Path) -> None:
    for number, words in enumerate(WRITERS.values()):
        if words[0] not in ("evidence", "restore", "calibrate", "backtest"):
            assert called(*(word.format(file=f"results/new-{number}") for word in words)) is None, words
    assert called("restore", "backup", "--results", "restored") is None
    assert called("sql", "select 2 as a", "-o", "results/new-0") is None, "a file that is there is replaced"
    assert Path("results/new-0").read_text(encoding="utf-8").splitlines()[-1] == "2"
    os.link("other/planstore/catalog.sqlite", "hard-link")
    catalog = Path("other/planstore/catalog.sqlite").read_bytes()
    assert called("sql", "select 2 as a", "-o", "hard-link") is None
    assert Path("other/planstore/catalog.sqlite").read_bytes() == catalog


@pytest.mark.parametrize(("verb", "file"), [("key", "policy.yaml"), ("init", "policy.yaml"), ("backup", "one.parquet")])
def test_a_file_that_is_there_stays_where_the_help_promises_a_new_one(inside: Path, verb: str, file: str) -> None:
    before = inputs.snapshot(inside)
    error = called(*(word.format(file=file) for word in WRITERS[verb]))
    assert isinstance(error, PlanstoreError)
    assert inputs.snapshot(inside) == before


@pytest.mark.parametrize("file", ["/proc/x{}", "one.parquet/x{}", "a-folder{}"])
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_measured_or_recorded(
    inside: Path, file: str
) -> None:
    for suffix in (".parquet", ".svg"):
        Path(f"a-folder{suffix}").mkdir(exist_ok=True)
    before = inputs.snapshot(inside)
    writers = {name: WRITERS[name] for name in ("calibrate", "backtest", "evidence")}
    for name, words in {**writers, "predict": ("predict", "no such panel", "--out", "{file}")}.items():
        place = file.format(".parquet" if "--out" in words else ".svg")
        error = called(*(word.format(file=place) for word in words))
        assert isinstance(error, RequestError), (name, error)
        assert re.search(f"must be a (file that can be written|.* file in an existing folder), got {place}", str(error))
    assert inputs.snapshot(inside) == before
