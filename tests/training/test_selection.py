"""Training a selection of a plan's jobs, and seeing before which ones they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

import markets
import planstore
import samples
from estimators import families_file
from inputs import snapshot
from planstore import PanelError, RequestError
from planstore.cli.verbs import app
from planstore.events.canonical import canonical_json
from planstore.training.execution.executor_settings import ExecutorSettings
from planstore.training.execution.outcome import TrainingWarning
from planstore.training.execution.selection import JobSelection
from planstore.training.execution.train import TrainingRequest


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A panel and a store with a plan: returns of each symbol alone, the others CS, and on AAA both ways."""
    made = tmp_path_factory.mktemp("selection")
    markets.write_panel(made / "panel", days=120)
    with planstore.open(made / "results") as store:
        markets.route(store, ["linear"])
    return made


def run(folder: Path, *options: str, panel: Path | None = None) -> Result:
    arguments = ["train", str(panel or folder / "panel"), "--results", str(folder / "results"), "--workers", "1"]
    return CliRunner().invoke(app, [*arguments, *options])


def test_a_selection_meets_all_criteria_and_brings_the_pooled_jobs_it_blends_with(folder: Path) -> None:
    alone, pooled = ["sym_fwd_ret_1d_AAA", "sym_fwd_ret_1d_BBB", "sym_fwd_ret_1d_CCC"], ["cs_y_level_2d", "cs_y_up_1d"]
    both = ["sym_y_level_2d_AAA", "sym_y_up_1d_AAA"]
    expected: list[tuple[dict[str, Any], list[str]]] = [
        ({}, [*pooled, *alone, *both]),
        ({"targets": ["fwd_ret_1d"]}, alone),
        ({"symbols": ["BBB", "CCC"]}, alone[1:]),
        ({"symbols": ["AAA"]}, [*pooled, alone[0], *both]),
        ({"targets": ["y_up_1d"], "symbols": ["AAA"]}, [pooled[1], both[1]]),
        ({"families": ["Linear"]}, [*pooled, *alone, *both]),
        ({"targets": ["y_up_1d", "fwd_ret_1d"], "priorities": [2]}, [pooled[1], *alone]),
    ]
    with planstore.open(folder / "results", create=False) as store:
        plan_id = store.plan().metadata["plan_id"]
        for criteria, ids in expected:
            assert sorted(job["job_id"] for job in JobSelection(**criteria).jobs(store, plan_id)) == sorted(ids), (
                criteria
            )


def test_a_selection_without_a_job_is_refused_before_the_panel_is_read(folder: Path) -> None:
    wrong = {
        ("--target", "y_up_1h"): "the target must be one of a job of plan .*, got 'y_up_1h': did you mean y_up_1d?",
        ("--symbol", "ZZZ"): "the symbol must be one of a job of plan .*, got 'ZZZ': use one of AAA, BBB, CCC",
        ("--family", "lightgbm"): "the family must be one of a job of plan .*, got 'lightgbm': use one of linear",
        ("--priority", "9"): "the priority must be one of a job of plan .*, got '9': use one of 2, 3",
        ("--target", "fwd_ret_1d", "--target", "y"): "the target must be one of a job of plan .*, got 'y'",
        (
            "--target",
            "y_up_1d",
            "--symbol",
            "BBB",
        ): "must meet all criteria, got none with targets y_up_1d and symbols BBB",
    }
    for options, said in wrong.items():
        done = run(folder, *options, panel=Path("nopanel"))
        with pytest.raises(RequestError, match=said):
            raise done.exception or AssertionError(done.output)
    for bad in ({"targets": "y_up_1d"}, {"priorities": ["2"]}, {"families": [1]}):
        with pytest.raises(RequestError, match="must be a list of"):
            JobSelection(**bad)


def test_a_panel_without_a_target_of_the_selection_is_refused_by_its_columns_alone(folder: Path) -> None:
    other = folder / "other"
    other.mkdir()
    pq.write_table(pa.table({"f0": [1.0], "y_down_1d": [0.0]}), other / "AAA.parquet")  # no timestamp to read rows by
    (other / "BBB.csv").write_text("f0,y_level_2d\n1,2\n")
    said = "must have a target of plan .*, such as y_up_1d, got y_down_1d, y_level_2d: train on the panel"
    with pytest.raises(PanelError, match=said):
        raise run(folder, "--target", "y_up_1d", panel=other).exception or AssertionError
    with pytest.raises(PanelError, match=r"AAA\.parquet has no column of timestamps"):
        raise run(folder, "--target", "y_level_2d", panel=other).exception or AssertionError


def test_settings_other_than_those_of_the_evidence_are_refused_before_the_panel_is_read(folder: Path) -> None:
    with planstore.open(folder / "results", create=False) as store:
        measured = {"targets": {"y_up_1d": {"embargo": 3}, "y_level_2d": {"task": "regression"}}}
        store.evidence.keep(canonical_json({"settings": {"panel": measured}, "sides": []}), store.run().evidence_id)
    (folder / "panel" / "panel.yaml").write_text("panel: {targets: {fwd_ret_1d: {embargo: 2}}}\n")
    wrong = {
        (
            "--target",
            "y_up_1d",
        ): "got no stated embargo of y_up_1d, measured with embargo 3: state the same ones, or train with",
        ("--target", "y_up_1d", "--horizon", "y_up_1d=2", "--embargo", "y_up_1d=3"): "got horizon 2 of y_up_1d, "
        "measured with no stated horizon",
        ("--target", "fwd_ret_1d"): "got embargo 2 of fwd_ret_1d, measured with no stated embargo",
        ("--task", "y_level_2d=classification", "--target", "y_level_2d"): "got task classification of y_level_2d, "
        "measured with task regression",
    }
    for options, said in wrong.items():
        with pytest.raises(PanelError, match=said):
            raise run(folder, *options, "--dry-run").exception or AssertionError(options)
    (folder / "panel" / "panel.yaml").unlink()
    for options in (("--target", "y_up_1d", "--embargo", "y_up_1d=3"), ("--target", "fwd_ret_1d")):
        assert run(folder, *options, "--dry-run").exit_code == 0, options
    assert run(folder, "--target", "y_up_1d", "--dry-run", "--other-settings").exit_code == 0
    with planstore.open(folder / "results", create=False) as store:
        read = planstore.Panel.read(folder / "panel", targets=["y_up_1d"], settings={"targets": {}})
        with pytest.raises(PanelError, match="got no stated embargo of y_up_1d"):
            store.train(read, targets=["y_up_1d"])


def test_a_dry_run_lists_what_is_trained_and_writes_nothing(folder: Path) -> None:
    before = snapshot(folder)
    done = run(folder, "--dry-run", "--json", "--target", "fwd_ret_1d", "--symbol", "BBB")
    assert done.exit_code == 0, done.output
    (job,) = json.loads(done.stdout)["jobs"]
    assert (job["job_id"], job["status"], job["model_families"]) == ("sym_fwd_ret_1d_BBB", "planned", ["linear"])
    assert "1 of 1 jobs of plan" in run(folder, "--dry-run", "--symbol", "CCC").stdout
    assert isinstance(run(folder, "--dry-run", panel=Path("nopanel")).exception, PanelError)
    assert snapshot(folder) == before


def test_only_selected_jobs_are_trained_and_the_exit_code_is_theirs(folder: Path, tmp_path: Path) -> None:
    done = run(folder, "--target", "fwd_ret_1d", "--symbol", "BBB", "--json")
    trained = json.loads(done.stdout)
    assert (done.exit_code, trained["trained"], trained["progress"]) == (0, 1, {"succeeded": 1})
    assert (trained["targets"], [job["job_id"] for job in trained["jobs"]]) == (["fwd_ret_1d"], ["sym_fwd_ret_1d_BBB"])
    with planstore.open(folder / "results", create=False) as store:
        assert store.training.progress().counts == {"planned": 6, "succeeded": 1}
        request = TrainingRequest(store, ExecutorSettings(workers=1), selection=JobSelection(targets=["fwd_ret_1d"]))
        assert [job["symbol"] for job in request.pending] == ["AAA", "CCC"]
    again = run(folder, "--symbol", "BBB", "--json")
    assert (again.exit_code, json.loads(again.stdout)["trained"]) == (0, 0)  # because nothing was left to train
    families = tmp_path / "families.yaml"
    families.write_text("families: {linear: {estimators: {regression: no_such_library.Model}}}")
    for _ in range(2):  # because what is skipped is tried again by each call
        with pytest.warns(
            TrainingWarning, match="1 skipped, 1 succeeded; the first, sym_fwd_ret_1d_CCC: family linear"
        ):
            done = run(folder, "--symbol", "BBB", "--symbol", "CCC", "--families", str(families))
        assert done.exit_code == 1, done.output


def test_families_of_the_selection_alone_have_to_be_known(tmp_path: Path) -> None:
    markets.write_panel(tmp_path / "panel", ["AAA"], days=120)
    with planstore.open(tmp_path / "results") as store:
        markets.route(store, ["waiting"], symbols=["AAA"], targets=["fwd_ret_1d"])
    done = run(tmp_path, panel=Path("nopanel"))
    with pytest.raises(RequestError, match="a model family must be one that can be trained, got 'waiting'"):
        raise done.exception or AssertionError(done.output)
    assert run(tmp_path, "--dry-run", "--families", str(families_file(tmp_path))).exit_code == 0


def test_targets_of_the_plan_are_targets_whatever_their_names_or_the_file_of_the_panel_say(tmp_path: Path) -> None:
    folder = markets.write_panel(tmp_path / "panel", ["AAA"], days=120)
    whole = pq.read_table(folder / "AAA.parquet")
    renamed = [{"fwd_ret_1d": "fwd", "y_level_2d": "gain"}.get(name, name) for name in whole.column_names]
    pq.write_table(whole.rename_columns(renamed), folder / "AAA.parquet")
    (folder / "panel.yaml").write_text("panel: {ignore: [y_up_1d]}", encoding="utf-8")
    found = markets.candidates(["AAA"], ["fwd", "y_up_1d"])
    weak = markets.candidates(["AAA"], ["gain"]).to_pandas().assign(score=0.0)
    with planstore.open(tmp_path / "results") as store:
        store.route(pa.concat_tables([found, pa.Table.from_pandas(weak, found.schema)]), samples.policy(), ["lightgbm"])
        assert {job["target"] for job in store.plan().jobs} == {"fwd", "y_up_1d"}
        refused = run(tmp_path, "--ignore", "fwd")
        assert (refused.exit_code, "column fwd must be one of" in str(refused.exception)) == (1, True)
        trained = run(tmp_path)
        jobs = store.training.jobs(status="succeeded")
        assert (trained.exit_code, {job["target"] for job in jobs}) == (0, {"fwd", "y_up_1d"}), trained.output
        # because a target without jobs is no feature either
        assert store.model("fwd", "AAA").features == ("f0", "f1", "f2", "f3", "f4")
