"""Digest of a panel's source: names and contents of its files, and everything else that its layout depends on."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from planstore.events.canonical import canonical_json
from planstore.events.hashing import digest_of
from planstore.training.panel.places import PanelFile

LAYOUT = 1
"""Version of the layout; raise it when the same files are laid out otherwise."""
BLOCK_BYTES = 1 << 20
"""Bytes that are read at once."""
THREADS = 4
"""Number of files that are hashed at once."""


def source_digest(root: str, where: str, files: Sequence[PanelFile], symbols: Sequence[str] | None) -> str:
    """Return the digest of a panel's source.

    Args:
        root: path or address of the panel.
        where: the panel's name in messages, which a layout has in its reasons.
        files: files of the panel.
        symbols: symbols to read; None means all.
    """
    with ThreadPoolExecutor(THREADS) as threads:
        versions = list(threads.map(_version, files))
    described = [
        [file.path.removeprefix(root), file.symbol, file.size, version]
        for file, version in zip(files, versions, strict=True)
    ]
    wanted = None if symbols is None else sorted(set(symbols))
    return digest_of(canonical_json({"layout": LAYOUT, "where": where, "symbols": wanted, "files": described}))


def _version(file: PanelFile) -> str | None:
    """Return the digest of a file's content, or the version that its place reports; None if it cannot be read."""
    if file.version is not None:
        return file.version
    import xxhash

    digest = xxhash.xxh3_128()  # because it is as fast as memory, and nobody but the user writes the user's cache
    try:
        with Path(file.path).open("rb") as content:
            while block := content.read(BLOCK_BYTES):
                digest.update(block)
    except OSError:
        return None  # because its reader says why
    return digest.hexdigest()
