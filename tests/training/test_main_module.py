"""No worker imports the user's main module, whatever that is and however it was started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import unguarded

MAIN = """\
import os, sys
MINE = open(os.environ["RUNS"], "a").write("main ran\\n")
print("main prints")
times = os.path.getsize(os.environ["RUNS"]) // len("main ran\\n")
again = times > 1 and sys.exit("main ran again")
from planstore.training.execution.worker_process import WorkerProcess
worker = WorkerProcess()
modules = "__import__('sys').modules"
print(worker.call(eval, f"'MINE' in vars({modules}['__main__']), 'main_module' in {modules}"))
worker.end()
"""
"""A main module without a guard and with side effects, which fails when it is imported once more."""
CELL = """\
import sys, types
cell = types.ModuleType("__main__")
sys.modules["__main__"] = cell
exec(compile(open(sys.argv[1]).read(), "<cell 1>", "exec"), vars(cell))
"""
"""Runs code as a notebook does: in a main module that no file has."""
WAYS: dict[str, tuple[list[str], str | None]] = {
    "a script": (["main_module.py"], None),
    "a module": (["-m", "main_module"], None),
    "a package": (["-m", "package"], None),
    "a folder": (["package"], None),
    "standard input": (["-"], MAIN),
    "a prompt": (["-i", "-q"], MAIN),
    "a command": (["-c", MAIN], None),
    "a notebook": (["-c", CELL, "main_module.py"], None),
    "a script that is gone": (["-c", f"__file__ = '/gone/main_module.py'\n{MAIN}"], None),
    "a frozen program": (["-c", f"import sys; sys.frozen = True\n{MAIN}"], None),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("main")
    (made / "package").mkdir()
    for path in (made / "main_module.py", made / "package" / "__main__.py"):
        path.write_text(MAIN, encoding="utf-8")
    return made


@pytest.mark.parametrize("way", WAYS)
def test_a_worker_does_not_import_the_main_module(folder: Path, tmp_path: Path, way: str) -> None:
    arguments, typed = WAYS[way]
    done = subprocess.run(
        [sys.executable, *arguments],
        input=typed,
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | {"RUNS": str(tmp_path / "runs")},
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "main prints\n(False, False)\n"), done.stderr
    assert (tmp_path / "runs").read_text(encoding="utf-8") == "main ran\n"
    assert "Traceback" not in done.stderr


def test_a_script_on_standard_input_trains_in_a_working_directory_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    before = Path.cwd()
    os.chdir(gone)
    try:
        gone.rmdir()
        assert unguarded.trained(tmp_path) == "3\n{'succeeded': 1}\n"
    finally:
        os.chdir(before)
