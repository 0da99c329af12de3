"""Zones of timestamps: a time with one and a time without are two readings of a clock, so that a panel has one kind."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from planstore.checks.arrow_columns import texts
from planstore.errors import PanelError

if TYPE_CHECKING:
    import pyarrow as pa

_ZONED = r"^\d{4}-?\d\d-?\d\d.\d.*(?:Z|[+-]\d\d(?::?\d\d)*(?:\.\d+)?)$"
"""Time of ISO 8601 with a zone; a date has none."""


def zones_of(values: pa.ChunkedArray) -> set[bool]:
    """Return whether timestamps have a zone: both where texts differ."""
    import pyarrow.compute as pc

    found = texts(values)
    if found is None:
        return {getattr(values.type, "tz", None) is not None}
    return {*pc.unique(pc.match_substring_regex(found, _ZONED)).to_pylist()}


class TimestampZones:
    """Whether the timestamps of a panel's files have a zone."""

    def __init__(self) -> None:
        self._files: dict[bool, str] = {}

    def add(self, found: Collection[bool], file: str) -> None:
        """Add those of a file.

        Args:
            found: whether timestamps have a zone.
            file: the file's name in messages.

        Raises:
            PanelError: some timestamps of the panel have a zone, and others have none.
        """
        for has_zone in found:
            self._files.setdefault(has_zone, file)
        if len(self._files) == 2:
            raise PanelError(
                f"timestamps must have a zone in all files of a panel or in none, got none in {self._files[False]} and "
                f"one in {self._files[True]}: write all with their zone, or all in UTC without one"
            )
