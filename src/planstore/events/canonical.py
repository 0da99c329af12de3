"""Canonical JSON: one value, one text."""

from __future__ import annotations

from typing import Any

import orjson


def canonical_json(value: Any) -> bytes:
    """Return the canonical JSON text of ``value``: UTF-8, keys sorted, no spaces.

    ``value`` consists of dicts with text keys, lists, text, numbers, booleans and None.
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
