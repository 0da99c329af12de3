"""The digest algorithm of the ledger: for rows, commits, documents and artifacts.

Headers of commits do not name it, because a new field would change their digests. The format of the store does: from
``SINCE_FORMAT`` on, all use this algorithm.
"""

from __future__ import annotations

import hashlib
import re

ALGORITHM = "sha256"
"""Name of the algorithm in ``hashlib``, and of the artifacts' folder."""
ALGORITHM_LABEL = "SHA-256"
"""Display name of the algorithm."""
SINCE_FORMAT = 1
"""The first store format whose digests are made by the algorithm; stores of older formats cannot be migrated."""
DIGITS = 64
"""Length of a digest, in lower-case hex digits."""
DIGEST = re.compile(f"[0-9a-f]{{{DIGITS}}}")
"""The form of a digest."""

hasher = hashlib.sha256
"""Creates a hash object as in :mod:`hashlib`."""


def digest_of(content: bytes) -> str:
    """Return the digest of ``content`` in lower-case hex digits."""
    return hasher(content).hexdigest()
