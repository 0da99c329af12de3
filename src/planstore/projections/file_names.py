"""Unique and portable file names for targets and symbols, readable if possible."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from planstore.events.hashing import digest_of

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*%]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_MAX_BYTES = 180
"""Maximum bytes of a name before its suffix; file systems allow 255."""


def file_names(names: Iterable[str], suffix: str = ".json") -> dict[str, str]:
    """Return a unique file name for each of ``names``.

    Safe names are unchanged. Characters that a file system refuses are percent-encoded as UTF-8. Long names are cut,
    and get ``~`` and digits of their digest. So do names that differ from an earlier one only in case or in the
    encoding of accents.
    """
    result: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(names):
        stem = _encoded(name)
        while _folded(stem) in taken:
            stem = f"{stem}~{digest_of(name.encode())[:12]}"
        taken.add(_folded(stem))
        result[name] = stem + suffix
    return result


def _encoded(name: str) -> str:
    stem = _UNSAFE.sub(_percent, name)
    if stem.endswith((".", " ")):
        stem = stem[:-1] + _percent(stem[-1])
    if stem.startswith((".", " ", "~")) or _RESERVED.fullmatch(stem):
        stem = _percent(stem[0]) + stem[1:]
    if len(stem.encode()) > _MAX_BYTES:
        stem = f"{stem.encode()[:_MAX_BYTES].decode(errors='ignore')}~{digest_of(name.encode())[:16]}"
    return stem


def _percent(character: re.Match[str] | str) -> str:
    text = character if isinstance(character, str) else character.group()
    return "".join(f"%{byte:02X}" for byte in text.encode())


def _folded(stem: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", stem).casefold())
