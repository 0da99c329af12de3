"""A script that measures and trains without a ``__main__`` guard, run from standard input."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import markets

TRAINING = """\
import sys
from pathlib import Path
open(sys.argv[1] + "/runs", "a").write("main ran\\n")
import markets, planstore
from planstore.training.evidence.measure import measure
from planstore.training.panel.panel import Panel
from planstore.training.execution.train import train
folder = Path(sys.argv[1])
panel = Panel.read(folder / "panel")
print(len(measure(panel, families=["linear"], folds=2, select=0, workers=2).sides))
store = planstore.open(folder / "results")
markets.route(store, ["linear"], symbols=["AAA"], targets=["fwd_ret_1d"])
print(train(store, panel, workers=1, executor=sys.argv[2], ray_address=sys.argv[3] or None).progress)
"""


def trained(folder: Path, executor: str = "local", address: str = "") -> str:
    """Return what the script prints over a panel in ``folder``; it must have begun once."""
    markets.write_panel(folder / "panel", ["AAA"], days=120)
    done = subprocess.run(
        [sys.executable, "-", str(folder), executor, address],
        input=TRAINING,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent)},
    )
    assert done.returncode == 0, done.stderr
    assert (folder / "runs").read_text(encoding="utf-8") == "main ran\n"
    return done.stdout
