"""Integrity: proofs that nothing was altered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from planstore.api.access import StoreAccess
from planstore.checks.arguments import checked
from planstore.database.error_translation import unreadable
from planstore.errors import AnchorError, DeniedError, StoreError
from planstore.ledger import signing
from planstore.ledger.verify import Anchor, Finding, Verified, anchor, verify
from planstore.projections.export import compare_files


class Integrity:
    """Proofs about a store, as ``store.integrity``."""

    def __init__(self, access: StoreAccess) -> None:
        self._access = access

    @checked
    def anchor(self, *, sign: str | Path | None = None) -> str:
        """Return ``commit:digest`` of the newest commit. Kept elsewhere, it proves later what this store held.

        Args:
            sign: a private key that ``planstore key`` made; then ``commit:digest:signature`` is returned.

        Raises:
            RequestError: ``sign`` is no private key.
        """
        found = str(anchor(self._access.ledger))
        return found if sign is None else f"{found}:{signing.sign(found, Path(sign))}"

    @checked
    def verify(self, anchor: str | None = None, *, public_key: str | Path | None = None) -> Verified:
        """Recompute everything that can be recomputed, and return what does not hold.

        Digests of rows, headers and the chain; each plan against its decisions; the projections and the exported files
        against the events; artifacts against their digests.

        Args:
            anchor: ``commit:digest``, as :meth:`anchor` gave it earlier: the store must be an extension of it.
            public_key: the public key that the anchor must be signed with.

        Raises:
            AnchorError: ``anchor`` is none, or is not signed where ``public_key`` asks for it.
            RequestError: ``public_key`` is none.
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
