"""Logs of the command line on standard error: notes, warnings, errors and progress, as text or as JSON."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from planstore.checks.log_levels import LEVELS, NOTICE, level_name
from planstore.checks.quoting import quoted
from planstore.cli.printable import printable
from planstore.errors import RequestError

FORMATS = ("text", "json")
PREFIX = "planstore: "
"""Beginning of many lines of text; JSON names the logger instead."""
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message"}


class LogHandler(logging.Handler):
    """Handler that writes each record as one line of the current standard error.

    Attributes:
        is_json: whether a line is a JSON object with time, level, logger, message and fields.
    """

    def __init__(self) -> None:
        super().__init__(NOTICE)
        self.is_json = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        sys.stderr.write(self.format(record) + "\n")

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as a line of text, or as a JSON object."""
        text = super().format(record)
        if not self.is_json:
            return printable(text, lines=True)
        import orjson

        document = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds"),
            "level": level_name(record.levelno),
            "logger": record.name,
            "message": text.removeprefix(PREFIX),
            "fields": {name: value for name, value in vars(record).items() if _is_field(name)},
        }
        return orjson.dumps(document, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def attach() -> Callable[[], None]:
    """Attach a handler to all loggers; return a function that detaches it."""
    handler, everything, own = LogHandler(), logging.getLogger(), logging.getLogger("planstore")
    level = own.level
    everything.addHandler(handler)  # because a record of another library must be in the same form
    own.setLevel(handler.level)

    def detach() -> None:
        everything.removeHandler(handler)
        own.setLevel(level)

    return detach


def attached() -> LogHandler | None:
    """Return the attached handler, if there is one."""
    return next((one for one in logging.getLogger().handlers if isinstance(one, LogHandler)), None)


def configure(handler: LogHandler, level: str, log_format: str) -> None:
    """Set the minimum level and the format of an attached handler.

    Raises:
        RequestError: there is no such level or format.
    """
    for name, value, allowed in (("log_level", level, tuple(LEVELS)), ("log_format", log_format, FORMATS)):
        if value not in allowed:
            raise RequestError(f"{name} must be one of {', '.join(allowed)}, got {quoted(value)}: correct it")
    handler.setLevel(LEVELS[level])
    logging.getLogger("planstore").setLevel(LEVELS[level])
    handler.is_json = log_format == "json"


def chosen_level(
    level: str | None, *, is_flag: bool, verbose: bool, quiet: bool, otherwise: str
) -> tuple[str, str | None]:
    """Return the level of a call, and the short flag that gives it.

    Args:
        level: value of ``--log-level`` or its environment variable.
        is_flag: whether that is of the flag.
        verbose: whether ``-v`` is given.
        quiet: whether ``-q`` is given.
        otherwise: level of a call without any of them.

    Raises:
        RequestError: two of the flags are given.
    """
    if verbose + quiet + is_flag > 1:
        raise RequestError("-v, -q and --log-level must be given one at a time: leave the others out")
    if verbose:
        return "info", "-v"
    if quiet:
        return "warning", "-q"
    return level or otherwise, None


def draws_bars() -> bool:
    """Return whether progress is drawn on a terminal; else it is logged in lines."""
    handler = attached()
    is_plain = handler is None or not handler.is_json
    return sys.stderr.isatty() and is_plain and logging.getLogger("planstore.progress").isEnabledFor(NOTICE)


def _is_field(name: str) -> bool:
    """Return whether an attribute of a record is a field of its event; libraries add others to all records."""
    return name not in _STANDARD and not name.startswith("_")
