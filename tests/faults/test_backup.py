"""A backup that extends an earlier one, and is killed, leaves the earlier one or the new one, whole."""

from __future__ import annotations

import shutil
from pathlib import Path

import planstore
from faults.harness import Faults, calls_of, do, needs_compiler, run_with_fault
from planstore.ledger.backup import restore

pytestmark = needs_compiler


def restored(backup: Path, results: Path) -> str:
    """Return the anchor of a restored backup, which holds."""
    restore(backup, results / "planstore")
    with planstore.open(results, create=False) as store:
        found = store.integrity.verify()
        assert found.holds, found.findings
    shutil.rmtree(results)
    return str(found.anchor)


def test_a_killed_backup_leaves_the_earlier_or_the_new_one_whole(tmp_path: Path) -> None:
    with Faults(tmp_path) as faults:
        results, place, pristine = faults.results(), faults.folder / "backup", tmp_path / "pristine"
        step = ("back_up", {"place": str(place)})
        with faults.process() as process:
            process.use(results)
            do(process, results, faults.steps("route", "status", "artifact"))
            do(process, results, [step])
            shutil.copytree(place, pristine)
            earlier = restored(place, tmp_path / "again")
            do(process, results, faults.steps("route", "compact", "status"))
            calls = calls_of(process, results, [step])
        newer = restored(place, tmp_path / "again")
        kept = {path.relative_to(place) for path in place.rglob("*.parquet")}
        anchors = [earlier, newer]
        places = {"create": [calls["create"] // 2], "rename": [1, calls["rename"]], "unlink": [calls["unlink"]]}
        for call, at in ((call, at) for call, found in places.items() for at in found):
            shutil.rmtree(place)
            shutil.copytree(pristine, place)
            with faults.process() as process:
                process.use(results)
                assert run_with_fault(process, results, [step], "kill", at, call), (call, at)
            anchors.append(restored(place, tmp_path / "again"))
        assert set(anchors) == {earlier, newer}
        with faults.process() as process:
            process.use(results)
            do(process, results, [step])
        assert restored(place, tmp_path / "again") == newer
        assert {path.relative_to(place) for path in place.rglob("*.parquet")} == kept
        assert not list(place.glob("incoming-*"))
