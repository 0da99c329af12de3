"""Levels of logs: those of ``logging``, and one between info and warning for notes to whoever runs a command."""

from __future__ import annotations

import logging

NOTICE = 25
"""Level of notes and progress, which the command line shows by default; programs see them from level INFO."""
LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "notice": NOTICE,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
"""Number of each level by its name, least first."""


def level_name(number: int) -> str:
    """Return the name of a level, or of the next lower one."""
    return next((name for name, least in reversed(LEVELS.items()) if number >= least), "debug")
