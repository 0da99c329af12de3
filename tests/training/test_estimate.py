"""A long measurement says before it begins how long it takes."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

import markets
import planstore
from planstore.cli.verbs import app
from planstore.training.evidence.estimate import estimate_evidence
from planstore.training.evidence.measure import questions_of
from planstore.training.evidence.side import measure_side
from planstore.training.execution.memory import LargestFit
from planstore.training.panel.panel import Panel

ARGUMENTS = {"families": ("lightgbm",), "families_file": None, "folds": 3, "seed": 0, "seeds": 2, "select": 2}


def test_sides_fits_and_processor_time_are_those_of_the_measurement(tmp_path: Path) -> None:
    markets.write_panel(tmp_path / "panel", ["AAA", "BBB", "CCC", "DDD"], days=400)
    (tmp_path / "panel" / "EMPTY.parquet").touch()
    panel = Panel.read(tmp_path / "panel", targets=["y_up_1d", "fwd_ret_1d"])
    found = estimate_evidence(panel, workers=1, **ARGUMENTS)  # type: ignore[arg-type]
    questions = questions_of(panel, symbols=True, **ARGUMENTS)  # type: ignore[arg-type]
    started = time.process_time()
    for question in questions:
        measure_side(panel, question)
    spent = time.process_time() - started
    assert (found.sides, found.fits, found.workers) == (len(questions), 2 * 5 * 3 * 2, 1)
    assert spent / 4 < found.processor_seconds < spent * 4
    assert found.seconds == found.processor_seconds
    assert found.worker_bytes == LargestFit().worker_bytes(panel)
    pooled = estimate_evidence(panel, workers=1, symbols=False, **ARGUMENTS)  # type: ignore[arg-type]
    assert (pooled.sides, pooled.fits) == (3, 2 * 3 * 2)
    with pytest.raises(planstore.RequestError, match="folds must be at least 2, got 1"):
        estimate_evidence(panel, **ARGUMENTS | {"folds": 1})  # type: ignore[arg-type]


def test_the_command_line_estimates_and_records_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    markets.write_panel(tmp_path / "panel", ["AAA"], days=100)
    for words in (["--json"], []):
        done = CliRunner().invoke(app, ["evidence", "panel", "--estimate", "--workers", "2", "--folds", "2", *words])
        assert done.exit_code == 0, done.output
        if words:
            assert json.loads(done.stdout)["fits"] == 6
        else:
            assert done.stdout.startswith("3 sides, 6 fits: about ")
    words = ["evidence", "panel", "--estimate", "--folds", "2", "--target", "y_up_1d", "--target", "y_absent_1d"]
    done = CliRunner().invoke(app, [*words, "--workers", "1"])
    assert done.exit_code == 1, done.output
    assert done.stdout.startswith("3 sides, 2 fits: ")
    assert [path.name for path in tmp_path.iterdir()] == ["panel"]
