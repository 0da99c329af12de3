"""Tables of a comparison of two runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planstore.cli import output
from planstore.cli.flip_counts import flip_counts

if TYPE_CHECKING:
    from planstore.audit.diff import Difference


def print_difference(found: Difference, limit: int | None) -> None:
    """Print a comparison of two runs, with at most ``limit`` rows per table, as in `output.shown_rows`."""
    if not found:
        output.print_line(f"{found.a} and {found.b} decided the same and have the same jobs.")
        return
    output.print_table(
        f"Pairs by route, from {found.a} to {found.b}",
        ("route", found.a, found.b),
        ((route, *pairs) for route, pairs in found.routes.items()),
    )
    if found.flips:
        output.print_line()
        shown, more = output.shown_rows(limit, found.flips)
        flips = found.flip_table().limit(shown).fetchall()
        columns = ("target", "symbol", "from", "to", "caused by")
        output.print_table(
            f"Flips: {flip_counts(pairs=found.flipped_pairs, targets=found.flipped_targets)}",
            columns,
            flips,
            more=more,
            least=("from",),
        )
    total = sum(found.counts.values())
    if total:
        output.print_line()
        counts = ", ".join(f"{count} {change}" for change, count in found.counts.items())
        shown, more = output.shown_rows(limit, total)
        jobs = found.job_table().project('"change", job_id, cause, "values"').limit(shown).fetchall()
        rows = [(change, job_id, cause, "; ".join(map(_field, values or ()))) for change, job_id, cause, values in jobs]
        by_budget = any(cause for _, _, cause, _ in rows)
        fits = f"fits: {found.fits['fits_added']:,} added, {found.fits['fits_removed']:,} removed"
        output.print_table(
            f"Jobs: {counts}; {fits}",
            ("change", "job_id", *(["caused by"] if by_budget else []), "fields"),
            ((change, job_id, *([cause] if by_budget else []), fields) for change, job_id, cause, fields in rows),
            more=more,
        )


def _field(value: dict[str, Any]) -> str:
    return f"{value['field']}: {value['a']} → {value['b']}"
