"""What every storage of artifacts keeps: a content under its SHA-256, once, verified on read."""

from __future__ import annotations

from hashlib import sha256

import pytest

from planstore import StoreError
from storages import Storage


def test_a_content_is_returned_by_its_digest(storage: Storage) -> None:
    for content in (b"", b"a policy", bytes(range(256)) * 5_000):
        digest = storage.artifacts.put(content)
        assert digest == sha256(content).hexdigest()
        assert storage.artifacts.get(digest) == content
        assert storage.artifacts.has(digest)


def test_several_are_kept_together_and_the_same_content_once(storage: Storage) -> None:
    contents = [b"a", b"b", b"a", b"c"]
    digests = storage.artifacts.put_all(contents)
    assert digests == [sha256(content).hexdigest() for content in contents]
    assert storage.artifacts.digests() == set(digests)
    assert storage.artifacts.put_all([]) == []


def test_one_that_is_not_kept_is_an_error(storage: Storage) -> None:
    digest = sha256(b"nowhere").hexdigest()
    assert not storage.artifacts.has(digest)
    with pytest.raises(StoreError, match=f"artifact {digest} cannot be read"):
        storage.artifacts.get(digest)
    with pytest.raises(StoreError, match="is no digest"):
        storage.artifacts.get("../store.json")


def test_one_that_was_altered_is_an_error_and_is_not_mended_in_silence(storage: Storage) -> None:
    digest = storage.artifacts.put(b"a policy")
    storage.alter(digest, b"another policy")
    storage.artifacts.put(b"a policy")
    with pytest.raises(StoreError, match=f"artifact {digest} was altered"):
        storage.artifacts.get(digest)
