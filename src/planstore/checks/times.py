"""Conversion of external times: one range and one interpretation for all inputs."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from planstore.checks.quoting import quoted
from planstore.errors import RequestError

RULE = "a time in the years 1 to 9999 (UTC), in ISO 8601 as 2022-12-31T00:00:00Z is"
"""Rule for a time: Python can represent it in UTC, in microseconds."""


def utc(value: Any) -> datetime:
    """Return a time in UTC; a date means its midnight, and a time without a zone is taken as UTC.

    Args:
        value: a datetime, a date, or a text in ISO 8601.

    Raises:
        ValueError: the value is no time, or lies outside the years 1 to 9999; states the rule.
    """
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        elif isinstance(value, date) and not isinstance(value, datetime):
            value = datetime.combine(value, time())
        if isinstance(value, datetime) and value == value:  # because pandas' NaT is a datetime but not a time
            value = value.replace(tzinfo=UTC) if value.utcoffset() is None else value.astimezone(UTC)
            return datetime.combine(value.date(), value.time(), UTC)  # because pandas' type has nanoseconds
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"must be {RULE}")


def requested_time(name: str, value: Any) -> datetime:
    """Return the time in the argument ``name``, in UTC.

    Raises:
        RequestError: the value is no time.
    """
    try:
        return utc(value)
    except ValueError as error:
        raise RequestError(f"{name} {error}, got {quoted(value)}") from error
