"""The recorded cases in ``golden/``: their inputs, their outcomes, and how to lay planstore's beside them."""

from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from planstore import Run, Store

GOLDEN = Path(__file__).parent / "golden"
NAMES: list[str] = json.loads((GOLDEN / "cases.json").read_text(encoding="utf-8"))
COMPARISONS: list[dict[str, Any]] = json.loads((GOLDEN / "compare.json").read_text(encoding="utf-8"))

VOLATILE = ("generated_at", "run_id")
"""Keys of metadata that differ from run to run (golden README)."""
OWN = ("plan_id", "commit_id", "policy_id")
"""Keys that planstore adds to metadata (docs/reference/files.md)."""


@dataclass(frozen=True)
class Case:
    """One recorded case, in a folder that holds it unpacked."""

    name: str
    folder: Path

    def read(self, path: str) -> Any:
        """Return one of its JSON files."""
        return json.loads((self.folder / path).read_text(encoding="utf-8"))

    @cached_property
    def inputs(self) -> dict[str, Any]:
        """What was given beside candidates and policy."""
        found: dict[str, Any] = self.read("case.json")
        return found

    @cached_property
    def recorded_policy(self) -> dict[str, Any]:
        """The policy as it was recorded."""
        found: dict[str, Any] = yaml.safe_load((self.folder / "policy.yaml").read_text(encoding="utf-8"))
        return found

    @property
    def policy(self) -> dict[str, Any]:
        """The policy that makes planstore route as the reference did."""
        horizon = {"patterns": self.inputs["horizon_patterns"], "same_day": 390}
        return {"routing": self.recorded_policy["routing"] | {"semantics": "reference", "horizon": horizon}}

    @property
    def candidates(self) -> Path:
        """Its candidates."""
        return self.folder / "candidates.parquet"

    @property
    def training_plan(self) -> Path:
        """The folder of its training plan."""
        return self.folder / "training_plan"

    @cached_property
    def consumer(self) -> dict[str, Any]:
        """What the helpers answered."""
        found: dict[str, Any] = self.read("consumer.json")
        return found

    def route(self, store: Store) -> Run:
        """Route it into a store."""
        inputs = self.inputs
        return store.route(
            self.candidates,
            self.policy,
            inputs["model_families"],
            include_blocked=inputs["include_blocked"],
            git_commit=inputs["git_commit"],
            config_hash=inputs["config_hash"],
            metrics_snapshot=inputs["metrics_snapshot"],
        )


def unpacked(name: str, scratch: Path) -> Case:
    """Return a case; one that is kept packed is unpacked into ``scratch``."""
    packed = GOLDEN / f"{name}.tar.xz"
    if not packed.exists():
        return Case(name, GOLDEN / name)
    with tarfile.open(packed) as archive:
        archive.extractall(scratch, filter="data")
    return Case(name, scratch / name)


def comparable(document: dict[str, Any]) -> str:
    """Return a plan's text without what differs from run to run; key order counts."""
    metadata = {key: value for key, value in document["metadata"].items() if key not in VOLATILE + OWN}
    return json.dumps(document | {"metadata": metadata}, indent=2)


def report(path: Path) -> list[str]:
    """Return the lines of a Markdown report without the time."""
    return [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("**Generated:**")]
