"""Digest of a panel's source: names and contents of its files, and everything else that its layout depends on."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from planstore.events.canonical import canonical_json
from planstore.events.hashing import digest_of
from planstore.training.panel.places import PanelFile

LAYOUT = 3
"""Version of the layout; raise it when the same files are laid out otherwise."""
BLOCK_BYTES = 1 << 20
"""Bytes that are read at once."""
PART_BYTES = 256 * BLOCK_BYTES
"""Bytes of a file that are hashed by one thread; a file's digest is that of its parts' digests."""
THREADS = 4
"""Number of parts that are hashed at once."""


def source_digest(root: str, where: str, files: Sequence[PanelFile], symbols: Sequence[str] | None) -> str:
    """Return the digest of a panel's source.

    Args:
        root: path or address of the panel.
        where: the panel's name in messages, which a layout has in its reasons.
        files: files of the panel.
        symbols: symbols to read; None means all.
    """
    with ThreadPoolExecutor(THREADS) as threads:
        begun = [_begin(threads, file) for file in files]
        described = [
            [file.path.removeprefix(root), file.symbol, file.size, file.version or [part.result() for part in parts]]
            for file, parts in zip(files, begun, strict=True)
        ]
    wanted = None if symbols is None else sorted(set(symbols))
    return digest_of(canonical_json({"layout": LAYOUT, "where": where, "symbols": wanted, "files": described}))


def _begin(threads: ThreadPoolExecutor, file: PanelFile) -> list[Future[str | None]]:
    """Begin to hash the content of a file whose place has no version of it."""
    if file.version is not None:
        return []
    return [
        threads.submit(_part_digest, Path(file.path), first) for first in range(0, (file.size or 0) + 1, PART_BYTES)
    ]


def _part_digest(path: Path, first: int) -> str | None:
    """Return the digest of a part of a file; None if it cannot be read."""
    import xxhash

    digest = xxhash.xxh3_128()  # because it is as fast as memory, and nobody but the user writes the user's cache
    try:
        with path.open("rb") as content:
            content.seek(first)
            for _ in range(PART_BYTES // BLOCK_BYTES):
                if not (block := content.read(BLOCK_BYTES)):
                    break
                digest.update(block)
    except OSError:
        return None  # because its reader says why
    return digest.hexdigest()
