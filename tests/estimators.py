"""Estimators that misbehave, for tests of training; worker processes import them by these names."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from sklearn.linear_model import Ridge

PATIENCE = 60
"""Seconds that something is waited for before a test gives up."""


class Raising(Ridge):  # type: ignore[misc]
    """Raises whatever it is given."""

    def fit(self, X: Any, y: Any) -> Raising:  # noqa: N803  (scikit-learn's names)
        raise ValueError("this one never learns\nand says so at length")


class Dying(Ridge):  # type: ignore[misc]
    """Ends its process."""

    def fit(self, X: Any, y: Any) -> Dying:  # noqa: N803
        os.kill(os.getpid(), signal.SIGKILL)
        return self


class Waiting(Ridge):  # type: ignore[misc]
    """Says in ``folder`` which process it is in, and learns when the file ``go`` is there."""

    def __init__(self, alpha: float = 1.0, folder: str = "") -> None:
        super().__init__(alpha=alpha)
        self.folder = folder

    def fit(self, X: Any, y: Any) -> Waiting:  # noqa: N803
        (Path(self.folder) / f"pid-{os.getpid()}").touch()
        until(lambda: (Path(self.folder) / "go").exists())
        super().fit(X, y)
        return self


class Lasting(Ridge):  # type: ignore[misc]
    """Takes some seconds, as a long fit does, and no processor time."""

    def __init__(self, alpha: float = 1.0, seconds: float = 0.0) -> None:
        super().__init__(alpha=alpha)
        self.seconds = seconds

    def fit(self, X: Any, y: Any) -> Lasting:  # noqa: N803
        time.sleep(self.seconds)
        super().fit(X, y)
        return self


def until(holds: Any) -> Any:
    """Return what ``holds`` returns as soon as that is true; give up after a while."""
    end = time.monotonic() + PATIENCE
    while not (found := holds()):
        if time.monotonic() > end:
            raise TimeoutError("what was waited for did not come")
        time.sleep(0.01)
    return found


def waiting_pids(folder: Path) -> list[int]:
    """Return the processes that estimators wait in, or waited."""
    return sorted(int(path.name.removeprefix("pid-")) for path in folder.glob("pid-*"))


def families_file(folder: Path) -> Path:
    """Write a families file with these estimators, and return where."""
    path = folder / "families.yaml"
    path.write_text(
        f"""\
families:
  raising: {{estimators: {{regression: estimators.Raising, classification: estimators.Raising}}, prepare: [impute]}}
  waiting:
    estimators: {{regression: estimators.Waiting}}
    prepare: [impute]
    parameters: {{folder: {folder}}}
  lasting:
    estimators: {{regression: estimators.Lasting}}
    prepare: [impute]
    parameters: {{seconds: 1.0}}
  absent: {{estimators: {{regression: no_such_library.Model, classification: no_such_library.Model}}}}
""",
        encoding="utf-8",
    )
    return path
