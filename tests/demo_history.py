"""The demo of eleven years, which takes seconds to make: once for all processes of the suite, which copy it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from filelock import FileLock

import forks

COMMAND = "planstore demo --history"
RESULTS = "demo-history"


def copy(shared: Path, results: Path) -> str:
    """Copy the results of the demo to ``results``, and return what the demo printed when it made them.

    ``shared`` is a folder that all processes of the suite know.
    """
    made, story = shared / RESULTS, shared / "story.txt"
    with FileLock(shared / "demo-history.lock"):
        if not story.exists():
            done = subprocess.run(
                [forks.planstore(), *COMMAND.split()[1:], "--results", RESULTS],
                cwd=shared,
                env=os.environ | {"COLUMNS": "200"},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            story.write_text(done.stdout, encoding="utf-8")
    shutil.copytree(made, results)
    return story.read_text(encoding="utf-8")
