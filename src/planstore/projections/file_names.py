"""File names for any target or symbol: readable where they can be, safe everywhere, never two the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from planstore.events.hashing import digest_of

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*%]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_LONGEST = 180
"""Bytes of a name before its suffix; file systems stop at 255."""


def file_names(names: Iterable[str], suffix: str = ".json") -> dict[str, str]:
    """Return a file name for each of ``names``.

    A name that is safe stays as it is. Characters that some file system refuses are percent-encoded as UTF-8, names
    that are too long are cut and get ``~`` and digits of their digest, and so do, after the first, names that differ
    only in case or in how an accent is written.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(names):
        stem = _encoded(name)
        while _folded(stem) in taken:
            stem = f"{stem}~{digest_of(name.encode())[:12]}"
        taken.add(_folded(stem))
        found[name] = stem + suffix
    return found


def _encoded(name: str) -> str:
    stem = _UNSAFE.sub(_percent, name)
    if stem.endswith((".", " ")):
        stem = stem[:-1] + _percent(stem[-1])
    if stem.startswith((".", " ", "~")) or _RESERVED.fullmatch(stem):
        stem = _percent(stem[0]) + stem[1:]
    if len(stem.encode()) > _LONGEST:
        stem = f"{stem.encode()[:_LONGEST].decode(errors='ignore')}~{digest_of(name.encode())[:16]}"
    return stem


def _percent(character: re.Match[str] | str) -> str:
    text = character if isinstance(character, str) else character.group()
    return "".join(f"%{byte:02X}" for byte in text.encode())


def _folded(stem: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", stem).casefold())
