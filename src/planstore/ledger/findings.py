"""Findings of verify, and anchors that a store is verified against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from planstore.errors import AnchorError
from planstore.events.hashing import DIGEST
from planstore.pages.answers import SHOWN_ROWS, Answer, TableAnswer, plural


@dataclass(frozen=True, repr=False)
class Finding(Answer):
    """A discrepancy.

    Attributes:
        commit_id: the first commit with it; None if it belongs to no commit.
        where: the table, artifact or file.
        problem: the problem, worded to follow ``where``.
    """

    commit_id: int | None
    where: str
    problem: str

    def __str__(self) -> str:
        return f"{f'commit {self.commit_id}, ' if self.commit_id is not None else ''}{self.where}: {self.problem}"


@dataclass(frozen=True, repr=False)
class Verified(TableAnswer):
    """The result of a verification.

    Attributes:
        commits: number of commits in the ledger.
        anchor: the newest commit and its digest.
        findings: discrepancies, by commit; empty if the store is intact.
        unreferenced: digests of unreferenced artifacts, stored by a process that died before its commit.
        orphans: unreferenced parquet files in the store's folder, of a process that died or has not committed yet.
    """

    commits: int
    anchor: str
    findings: Sequence[Finding]
    unreferenced: Sequence[str]
    orphans: Sequence[str] = ()

    @property
    def holds(self) -> bool:
        """Whether there are no findings."""
        return not self.findings

    def records(self) -> list[dict[str, Any]]:
        """Return the findings."""
        return [dict(vars(finding)) for finding in self.findings]

    def __str__(self) -> str:
        found = plural(len(self.findings), "finding") if self.findings else "no findings"
        verdict = "holds" if self.holds else "does not hold"
        lines = "".join(f"\n  {finding}" for finding in self.findings[:SHOWN_ROWS])
        return f"The store {verdict}: {plural(self.commits, 'commit')} verified, {found}.{lines}"

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return {
            "holds": self.holds,
            "commits": self.commits,
            "anchor": self.anchor,
            "findings": [vars(finding) for finding in self.findings],
            "unreferenced": list(self.unreferenced),
            "orphans": list(self.orphans),
        }


@dataclass(frozen=True)
class Anchor:
    """A commit's number and digest, archived elsewhere: a store with this commit extends the anchored store."""

    commit_id: int
    digest: str
    signature: str | None = None

    def __str__(self) -> str:
        return f"{self.commit_id}:{self.digest}"

    @classmethod
    def parse(cls, text: str) -> Anchor:
        """Parse ``commit:digest`` or ``commit:digest:signature``.

        Raises:
            AnchorError: the text is not an anchor.
        """
        number, digest, signature, *more = [*text.strip().split(":"), "", ""]
        digits = digest.lower()
        if any(more) or not (number.isascii() and number.isdigit() and DIGEST.fullmatch(digits)):
            raise AnchorError(f"{text[:100]!r} is no anchor; one reads commit:digest, as `planstore anchor` prints it")
        return cls(int(number), digits, signature or None)
