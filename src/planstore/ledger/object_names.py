"""Names of a store's files and objects: parquet files of DuckLake, artifacts."""

from __future__ import annotations

import re

from planstore.events.hashing import ALGORITHM, DIGEST

_WRITTEN = re.compile(r"main/\w+/ducklake-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.parquet")
_INCOMING = re.compile(rf"{ALGORITHM}/incoming-[0-9a-f]{{32}}")


def is_written(name: str) -> bool:
    """Return whether a writer names parquet files so; the name is relative to the data."""
    return _WRITTEN.fullmatch(name) is not None


def artifact_name(digest: str) -> str:
    """Return the name of an artifact, relative to the artifacts."""
    return f"{ALGORITHM}/{digest[:2]}/{digest}"


def is_artifact(name: str) -> bool:
    """Return whether a name is an artifact's."""
    digest = name.rsplit("/", 1)[-1]
    return DIGEST.fullmatch(digest) is not None and name == artifact_name(digest)


def is_incoming(name: str) -> bool:
    """Return whether a name is of an artifact that is not complete yet."""
    return _INCOMING.fullmatch(name) is not None
