"""Artifacts in object storage: put if absent, verified on each read, and cached on the local disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import cache, partial

from platformdirs import user_cache_path

from planstore.errors import StoreError
from planstore.events.hashing import ALGORITHM, DIGEST, digest_of
from planstore.ledger.embedded.artifacts import MAX_THREADS, Artifacts
from planstore.ledger.object_names import artifact_name
from planstore.ledger.team.credentials import ObjectStorageAccess
from planstore.ledger.team.objects import ObjectStorage

PATIENCE = timedelta(minutes=2)
"""Time in which a worker repeats to store the files of a job, because their training may have taken hours."""


class RemoteArtifacts:
    """The artifacts of a team store, under ``artifacts/sha256/ab/abcdef…``.

    Args:
        objects: the objects of the store.
        cache: artifacts on the local disk, which may be removed at any time.
        require_writer: refuses a user who may not write, whose key storage would refuse with fewer words.
    """

    is_shared = True

    def __init__(self, objects: ObjectStorage, cache: Artifacts, require_writer: Callable[[], None]) -> None:
        self._objects = objects
        self._require_writer = require_writer
        self._cache = cache

    def put(self, content: bytes) -> str:
        """Store ``content`` durably and return its digest."""
        return self.put_all([content])[0]

    def put_all(self, contents: Sequence[bytes]) -> list[str]:
        """Store several contents durably and return their digests.

        Raises:
            DeniedError: this user may not write the store.
        """
        self._require_writer()
        digests = [digest_of(content) for content in contents]
        new = dict(zip(digests, contents, strict=True))
        if new:
            with ThreadPoolExecutor(min(MAX_THREADS, len(new))) as writing:
                list(writing.map(self._objects.put, map(_key, new), new.values()))
        return digests

    def get(self, digest: str) -> bytes:
        """Return the content of ``digest``.

        Raises:
            StoreError: there is none, or it was altered.
        """
        key = _key(digest)
        with suppress(StoreError):  # because the cache may lack it, or hold an altered copy
            return self._cache.get(digest)
        content = self._objects.get(key)
        if content is None:
            raise StoreError(f"artifact {digest} cannot be read: {self._objects.name} has no object {key}")
        if digest_of(content) != digest:
            raise StoreError(f"artifact {digest} was altered: its content has digest {digest_of(content)}")
        with suppress(StoreError):  # because a full disk is no reason to refuse an answer
            self._cache.put(content)
        return content

    def has(self, digest: str) -> bool:
        """Return whether ``digest`` has content."""
        return self._objects.has(_key(digest))

    def digests(self) -> set[str]:
        """Return the digests of all artifacts."""
        names = (key.rsplit("/", 1)[-1] for key in self._objects.keys(f"artifacts/{ALGORITHM}/"))
        return {name for name in names if DIGEST.fullmatch(name)}

    def opener(self) -> Callable[[], RemoteArtifacts]:
        """Return how another process opens the artifacts, with the credentials of its own environment."""
        return partial(remote_artifacts, self._objects.bucket, self._objects.prefix)


@cache
def remote_artifacts(bucket: str, prefix: str) -> RemoteArtifacts:
    """Return the artifacts of a team store without its database: object storage alone says who may write them."""
    objects = ObjectStorage(bucket, prefix, ObjectStorageAccess(), PATIENCE)
    return RemoteArtifacts(objects, local_cache(), lambda: None)


def local_cache() -> Artifacts:
    """Return the artifacts that this user has read from team stores, on the local disk."""
    return Artifacts(user_cache_path("planstore") / "artifacts")


def _key(digest: str) -> str:
    """Return the key of an artifact.

    Raises:
        StoreError: the digest is malformed.
    """
    if not DIGEST.fullmatch(digest):
        raise StoreError(f"artifact {digest[:80]!r} is no digest, so that no object can be kept under it")
    return f"artifacts/{artifact_name(digest)}"
