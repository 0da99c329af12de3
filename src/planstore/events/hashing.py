"""The digest algorithm of the ledger, in one place: of rows, commits, documents and artifacts.

No commit names it: a header cannot change without its digest, and every format of the store so far has the same one. A
store with another algorithm therefore has another format.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass

ALGORITHM = "sha256"
"""The name of the algorithm in ``hashlib``, and of the folder that artifacts are kept in."""
ALGORITHM_LABEL = "SHA-256"
"""The name of the algorithm for people."""
DIGITS = 64
"""The length of a digest, in lower-case hex digits."""
DIGEST = re.compile(f"[0-9a-f]{{{DIGITS}}}")
"""The form of a digest."""

hasher = hashlib.sha256
"""Returns an object that is fed with bytes, as of :mod:`hashlib`."""


def digest_of(content: bytes) -> str:
    """Return the digest of ``content`` in lower-case hex digits."""
    return hasher(content).hexdigest()
