"""Dry runs: the same decisions, plan and changes as the run that follows, and nothing written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

import planstore
import samples
from inputs import snapshot
from planstore import CandidatesError, RequestError, RunConflictError, StaleError
from planstore.cli.verbs import app
from planstore.runs.dry_run import UNNAMED

LANE: dict[str, Any] = {
    "enable_experimental_lane": True,
    "experimental": {"min_score": 0.48, "max_fraction_symbols_per_target": 0.5, "allowed_stabilities": ["STABLE"]},
}


def arguments(seed: int = 0, **policy: Any) -> tuple[Any, Any]:
    return samples.table(samples.records(4, 5, seed)), samples.policy(**policy)


def test_a_dry_run_says_what_the_run_then_records_and_changes(tmp_path: Path) -> None:
    """Each call follows the one before it, so that one thing or several differ between them."""
    small = {"min_sample_size": {"cross_sectional": 1000, "symbol": 10**6}}
    calls: list[tuple[tuple[Any, Any], list[str] | None, dict[str, Any]]] = [
        (arguments(5, **small), None, {"include_blocked": True}),
        (arguments(3, **LANE), ["xgboost"], {}),
        (arguments(3, **LANE), ["xgboost"], {}),
        (arguments(3, **LANE), ["xgboost"], {}),
    ]
    with planstore.open(tmp_path / "results") as store:
        causes = set[str]()
        for number, (given, families, options) in enumerate(calls):
            if number == 2:
                pairs = store.sql("select target, symbol from current_decisions where route = 'ROUTE_BOTH' limit 1")
                target, symbol = pairs.fetchall()[0]
                store.overrides.set(target, symbol, "ROUTE_BLOCKED", author="a", reason="b")
            before = snapshot(tmp_path)
            dry = store.dry_run(*given, families, run_id=f"run-{number}", **options)
            assert snapshot(tmp_path) == before
            run = store.route(*given, families, run_id=f"run-{number}", **options)
            for name in ("evidence_id", "policy_id", "rules_id", "plan_id", "is_new_plan", "routes"):
                assert getattr(dry, name) == getattr(run, name), (number, name)
            assert (dry.summary, dry.total_jobs) == (run.plan.summary, run.plan.metadata["total_jobs"])
            if number == 0:
                assert dry.difference is None
                continue
            assert dry.difference is not None
            told = dry.difference.as_dict()
            assert told == store.diff(f"run-{number - 1}", f"run-{number}").as_dict()
            assert bool(dry.difference) == (number < 3)
            causes |= {cause for flip in told["flips"] for cause in flip["causes"]}
        assert causes == {"evidence", "policy", "override"}
        assert store.dry_run(*arguments(3, **LANE), ["xgboost"], run_id="run-3").recorded_in == len(store.log())


def test_a_dry_run_writes_no_byte_and_makes_no_store(tmp_path: Path) -> None:
    candidates = samples.parquet(tmp_path / "candidates.parquet", samples.records(3, 3))
    policy = tmp_path / "policy.yaml"
    policy.write_text(yaml.safe_dump(samples.policy()))

    def route(*options: str) -> Result:
        results = ["--results", str(tmp_path / "results")]
        return CliRunner().invoke(app, ["route", str(candidates), "--policy", str(policy), *results, *options])

    def everything() -> dict[str, bytes]:
        """Return all files but SQLite's shared memory and empty log, which each reader makes."""
        found = {
            path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()
        }
        return {
            name: data for name, data in found.items() if not name.endswith("-shm") and (data or "-wal" not in name)
        }

    first = route("--dry-run", "--family", "lightgbm")
    assert (first.exit_code, (tmp_path / "results").exists()) == (0, False)
    assert "nothing was written" in first.stdout
    assert "The store has no run to compare with." in first.stdout
    assert route("--run-id", "one").exit_code == 0
    with planstore.open(tmp_path / "results") as store:
        store.maintenance.compact()
    before = everything()
    samples.parquet(candidates, samples.records(3, 3, seed=7))
    before |= {"candidates.parquet": candidates.read_bytes()}
    shown = route("--dry-run")
    assert shown.exit_code == 0, shown.output
    assert f"Pairs by route, from one to {UNNAMED}" in shown.stdout
    assert "caused by" in shown.stdout
    told = json.loads(route("--dry-run", "--json", "--run-id", "two").stdout)
    assert (told["is_new_plan"], told["recorded_in"], told["difference"]["b"]) == (True, None, "two")
    assert told["difference"]["flips"]
    assert everything() == before
    assert route("--run-id", "two").exit_code == 0
    assert "This run is recorded already, in commit" in route("--dry-run", "--run-id", "two").stdout


def test_a_dry_run_refuses_all_that_a_run_refuses(tmp_path: Path) -> None:
    with planstore.open(tmp_path / "results") as store:
        wrong: list[tuple[type[Exception], str, dict[str, Any]]] = [
            (StaleError, "commit 9 was expected to be the newest, but commit [01] is", {"expected_commit": 9}),
            (RequestError, "run_id must be a name that can mean nothing else", {"run_id": "7"}),
            (RequestError, "each of model_families must be one name", {"model_families": ["a,b"]}),
            (CandidatesError, "none.parquet", {"candidates": "none.parquet"}),
        ]
        for is_made in (False, True):
            for error, said, options in wrong:
                given = dict(zip(("candidates", "policy"), arguments(), strict=True)) | options
                for call in (store.dry_run, store.route) if is_made else (store.dry_run,):
                    with pytest.raises(error, match=said):
                        call(**given)
            if not is_made:
                assert not (tmp_path / "results").exists()
                store.route(*arguments(), run_id="one")
        with pytest.raises(RunConflictError, match="run 'one' is recorded already"):
            store.dry_run(*arguments(4), run_id="one")
        with pytest.raises(RequestError, match="dry_run works on the store as it is now"):
            store.at(1).dry_run(*arguments())
