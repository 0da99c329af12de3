"""Access of DuckDB's sessions to object storage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from planstore.database.session import Session
from planstore.ledger.team.credentials import ObjectStorageAccess

HTTPFS = "duckdb_extension_httpfs"
"""The module of the extension that reads and writes objects."""
HTTP_SECONDS = 5
"""Time in which a request of DuckDB's must make progress, of at least a kilobyte a second."""
HTTP_RETRIES = 2
"""Number of times that DuckDB repeats a failed request: at once, then after `HTTP_PAUSE`.

DuckDB writes a file twice before it gives up, so that a storage that hangs costs about a minute.
"""
HTTP_PAUSE = 300
"""Milliseconds before the second repetition; DuckDB also repeats requests for files that are gone."""
FORGET = ("team/forget_key_id", "team/forget_secret_key", "team/forget_token")
"""Statements that empty the settings with credentials."""


def allow_objects(session: Session, access: ObjectStorageAccess, scope: str) -> None:
    """Let a session of a new database use objects, without leaving a credential in a variable or a setting.

    Args:
        session: session of a database that has loaded `HTTPFS`.
        access: the endpoint and credentials.
        scope: start of the addresses that the session may use, such as ``s3://bucket/prefix``.

    Raises:
        StoreError: there are no credentials, or the settings of object storage are unusable.
    """
    endpoint, keys = access.endpoint, access.keys()
    for statement in FORGET:
        session.run(statement)
    session.run(
        "team/set_s3",
        s3={
            "key_id": keys.access_key_id,
            "secret": keys.secret_access_key,
            "token": keys.token or "",
            "region": access.region,
            "endpoint": "s3.amazonaws.com" if endpoint is None else endpoint.netloc,
            "url_style": "vhost" if endpoint is None else "path",
            "use_ssl": str(endpoint is None or endpoint.scheme == "https").lower(),
            "scope": scope,
        },
    )
    try:
        session.run("team/s3_secret")
    finally:
        session.run("team/reset_s3")
    session.run("team/http_pause", milliseconds=HTTP_PAUSE)
    _set_patience(session, HTTP_SECONDS, HTTP_RETRIES)


@contextmanager
def hurried_objects(session: Session) -> Iterator[None]:
    """Let the sessions of a database hardly wait for the object storage, while the block runs.

    A rollback asks the storage for each file of its transaction, one after the other, to remove it.
    """
    _set_patience(session, 1, 0)
    try:
        yield
    finally:
        _set_patience(session, HTTP_SECONDS, HTTP_RETRIES)


def _set_patience(session: Session, seconds: int, retries: int) -> None:
    session.run("team/http_timeout", seconds=seconds)
    session.run("team/http_retries", retries=retries)
