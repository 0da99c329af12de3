"""The git commit of the working directory, recorded with each run."""

from __future__ import annotations

import subprocess

TIMEOUT = 10
"""Maximum seconds of a call of git."""


def working_commit() -> str | None:
    """Return the checked-out commit, with ``-dirty`` where tracked files differ from it; None outside a repository.

    Without git, or where git refuses the repository, there is none either.
    """
    commit = _answer("rev-parse", "--verify", "HEAD")
    if not commit:
        return None
    return f"{commit}-dirty" if _answer("status", "--porcelain", "--untracked-files=no") != "" else commit


def _answer(*arguments: str) -> str | None:
    """Return the output of a git command, or None if it fails."""
    try:
        done = subprocess.run(
            ["git", *arguments], capture_output=True, text=True, check=False, timeout=TIMEOUT, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
