"""Integrity: verification of a store, and anchors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from planstore.api.access import StoreAccess
from planstore.checks.arguments import checked
from planstore.database.error_translation import unreadable
from planstore.errors import AnchorError, DeniedError, StoreError
from planstore.ledger import signing
from planstore.ledger.findings import Anchor, Finding, Verified
from planstore.ledger.verify import anchor, verify
from planstore.projections.export import compare_files


class Integrity:
    """Verification and anchors of a store, as ``store.integrity``."""

    def __init__(self, access: StoreAccess) -> None:
        self._access = access

    @checked
    def anchor(self, *, sign: str | Path | None = None) -> str:
        """Return ``commit:digest`` of the newest commit. Archived elsewhere, it proves the store's content later.

        Args:
            sign: a private key from ``planstore key``; ``commit:digest:signature`` is returned.

        Raises:
            RequestError: ``sign`` is not a private key.
        """
        text = str(anchor(self._access.ledger))
        return text if sign is None else f"{text}:{signing.sign(text, Path(sign))}"

    @checked
    def verify(self, anchor: str | None = None, *, public_key: str | Path | None = None) -> Verified:
        """Recompute everything that can be recomputed, and return the discrepancies.

        This covers the digests of rows and headers with their chain, each plan against its decisions, the projections
        and the exported files against the events, and artifacts against their digests.

        Args:
            anchor: an earlier ``commit:digest`` from :meth:`anchor`, which the store must extend.
            public_key: the public key that the anchor's signature is checked with.

        Raises:
            AnchorError: ``anchor`` is malformed, or its signature is missing or invalid.
            RequestError: ``public_key`` is not a public key.
        """
        self._access.ledger.create()
        expected = None if anchor is None else Anchor.parse(anchor)
        if public_key is not None:
            if expected is None or expected.signature is None:
                raise AnchorError("a public key checks a signed anchor: give commit:digest:signature")
            if not signing.is_signed(str(expected), expected.signature, Path(public_key)):
                raise AnchorError(f"the anchor was not signed with the key of {public_key}, or was altered afterwards")
        verified = verify(self._access.ledger, expected)
        try:
            with unreadable("the exported files"):
                problems = compare_files(self._access.ledger, self._access.results)
        except DeniedError:
            raise
        except StoreError as error:
            problems = [str(error)]
        files = [Finding(None, "files", problem) for problem in problems]
        return replace(verified, findings=[*verified.findings, *files])
