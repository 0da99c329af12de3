"""Canonical JSON: one value, one text, one SHA-256."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson


def canonical_json(value: Any) -> bytes:
    """Return the canonical JSON text of ``value``: UTF-8, keys sorted, no spaces.

    ``value`` consists of dicts with text keys, lists, text, numbers, booleans and None.
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def sha256(content: bytes) -> str:
    """Return the SHA-256 of ``content`` as 64 lower-case hex digits."""
    return hashlib.sha256(content).hexdigest()
