"""The reference of candidates' columns, from their definition."""

from __future__ import annotations

from planstore.events.candidate_columns import COLUMNS
from reference.markdown import table


def text() -> str:
    """Return the columns of candidates as a Markdown table."""
    rows = [
        (f"`{one.name}`", "yes" if one.is_needed else "", "yes" if one.is_read else "", one.meaning) for one in COLUMNS
    ]
    return table(("column", "needed", "read by the rules", "meaning"), rows)
