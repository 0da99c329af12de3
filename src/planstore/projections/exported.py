"""The result of an export."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from planstore.pages.answers import Answer, plural


@dataclass(frozen=True, repr=False)
class Exported(Answer):
    """The result of an export.

    Attributes:
        results: the results folder.
        run_id: the exported run.
        plan_id: its plan.
        files: number of its files in the results folder.
        written: number of files that were missing or different, and were written.
        removed: number of removed files of an earlier plan.
    """

    results: Path
    run_id: str
    plan_id: str
    files: int
    written: int
    removed: int

    def __str__(self) -> str:
        return (
            f"Run {self.run_id} is in {self.results}: {plural(self.files, 'file')}, {self.written} of them written and "
            f"{self.removed} removed now."
        )

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return {field.name: getattr(self, field.name) for field in fields(self)}
