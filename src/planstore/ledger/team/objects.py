"""The objects of a team store, under its prefix of a bucket."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from planstore.ledger.team.connection import team_errors
from planstore.ledger.team.credentials import ObjectStorageAccess

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import S3Store

TIMEOUT = timedelta(seconds=30)
"""Maximum time of one request."""
RETRIES = 6
"""Number of times that a failed request is repeated; a refused connection is one after a second or two."""
RETRY_TIMEOUT = timedelta(seconds=15)
"""Time after the first request in which a failed one is repeated."""
LONGEST_PAUSE = timedelta(seconds=5)
"""Longest time between two repetitions of a request."""
PUT_WHOLE = 32 * 1024 * 1024
"""Bytes up to which an object is put by one request, only if it is absent; larger ones are put in parts."""


@dataclass(frozen=True)
class ListedObject:
    """An object, without its content.

    Attributes:
        key: its key.
        size: its bytes.
        version: text that changes with its content.
    """

    key: str
    size: int
    version: str


def _listed(entry: ObjectMeta) -> ListedObject:
    return ListedObject(entry["path"], entry["size"], f"{entry['e_tag']} {entry['last_modified'].isoformat()}")


class ObjectStorage:
    """The objects under a prefix of a bucket; keys are relative to it.

    Args:
        bucket: the bucket.
        prefix: the prefix, without slashes at its ends; empty means the whole bucket.
        access: the endpoint and credentials.
        patience: time in which failed requests are repeated however often; None means `RETRIES` and `RETRY_TIMEOUT`.
    """

    def __init__(
        self, bucket: str, prefix: str, access: ObjectStorageAccess, patience: timedelta | None = None
    ) -> None:
        self.bucket = bucket
        self.prefix = prefix
        self._access = access
        self._patience = patience
        self.name = f"s3://{bucket}/{prefix}"

    @cached_property
    def store(self) -> S3Store:
        """Obstore's store."""
        from obstore.store import S3Store

        self._access.keys()  # because obstore would say in many words that there are none
        endpoint = self._access.endpoint
        custom: dict[str, Any] = (
            {} if endpoint is None else {"endpoint": endpoint.geturl(), "virtual_hosted_style_request": False}
        )
        return S3Store(
            self.bucket,
            prefix=self.prefix or None,
            region=self._access.region,
            retry_config={
                "max_retries": RETRIES if self._patience is None else self._patience // timedelta(milliseconds=100),
                "retry_timeout": self._patience or RETRY_TIMEOUT,
                "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": LONGEST_PAUSE, "base": 2},
            },
            client_options={"timeout": TIMEOUT, "allow_http": endpoint is not None and endpoint.scheme == "http"},
            credential_provider=self._access.provide,
            **custom,
        )

    def put(self, key: str, content: bytes) -> None:
        """Put an object if it is absent; a large one need not be, because the same name is the same content."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        with team_errors(self.name):
            if len(content) > PUT_WHOLE:
                if not self.has(key):
                    obstore.put(self.store, key, content)
                return
            try:
                obstore.put(self.store, key, content, mode="create")
            except AlreadyExistsError:
                return

    def replace(self, key: str, content: bytes) -> None:
        """Put an object, also in the place of an older one."""
        import obstore

        with team_errors(self.name):
            obstore.put(self.store, key, content)

    def get(self, key: str) -> bytes | None:
        """Return the content of an object; None if there is none."""
        import obstore

        with team_errors(self.name):
            try:
                return bytes(obstore.get(self.store, key).bytes())
            except FileNotFoundError:
                return None

    def has(self, key: str) -> bool:
        """Return whether there is an object."""
        return self.size(key) is not None

    def size(self, key: str) -> int | None:
        """Return the bytes of an object; None if there is none."""
        found = self.found(key)
        return None if found is None else found.size

    def found(self, key: str) -> ListedObject | None:
        """Return an object without its content; None if there is none."""
        import obstore

        with team_errors(self.name):
            try:
                return _listed(obstore.head(self.store, key))
            except FileNotFoundError:
                return None

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys of all objects under a prefix."""
        return (key for key, _ in self.sizes(prefix))

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield the key and the bytes of each object under a prefix."""
        return ((found.key, found.size) for found in self.listed(prefix))

    def listed(self, prefix: str) -> Iterator[ListedObject]:
        """Yield each object under a prefix."""
        import obstore

        with team_errors(self.name):
            for page in obstore.list(self.store, prefix):
                yield from map(_listed, page)

    def reader(self, key: str) -> ObjectReader:
        """Open an object to read parts of it.

        Raises:
            FileNotFoundError: there is none.
        """
        import obstore

        with team_errors(self.name):
            return ObjectReader(self.store, key, obstore.head(self.store, key)["size"])

    def may_delete(self) -> bool:
        """Return whether this key may delete objects; tried on one that is not there."""
        from botocore.exceptions import ClientError

        client = self._access.client
        place = {"Bucket": self.bucket, "Key": f"{self.prefix}/{uuid4()}"}
        with team_errors(self.name):
            try:
                marker = client.delete_object(**place).get("VersionId")
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.FORBIDDEN:
                    return False
                raise
            if marker is not None:
                client.delete_object(**place, VersionId=marker)
        return True

    def undelete(self, key: str) -> bool:
        """Remove the delete marker of an object, if it has one; return whether the object is there.

        Raises:
            StoreError: object storage cannot be used, or this key may not remove the marker.
        """
        if self.has(key):
            return True
        client, bucket, whole = self._access.client, self.bucket, f"{self.prefix}/{key}"
        with team_errors(self.name):
            answer = client.list_object_versions(Bucket=bucket, Prefix=whole)
            markers = [one for one in answer.get("DeleteMarkers", ()) if one["Key"] == whole and one["IsLatest"]]
            for marker in markers:
                client.delete_object(Bucket=bucket, Key=whole, VersionId=marker["VersionId"])
        return self.has(key)


class ObjectReader(io.RawIOBase):
    """An object as a file: each read is one request.

    Args:
        store: obstore's store.
        key: the key of the object.
        size: its bytes.
    """

    def __init__(self, store: S3Store, key: str, size: int) -> None:
        self._store = store
        self._key = key
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position of the next read."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Set the position of the next read."""
        self._position = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer; return the number of bytes, 0 at the end."""
        import obstore

        wanted = max(0, min(len(buffer), self._size - self._position))
        if wanted:
            with team_errors(self._key):
                read = obstore.get_range(self._store, self._key, start=self._position, length=wanted)
            buffer[:wanted] = memoryview(read)
            self._position += wanted
        return wanted
