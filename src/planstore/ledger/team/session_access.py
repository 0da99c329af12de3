"""Access of DuckDB's sessions to object storage."""

from __future__ import annotations

from planstore.database.session import Session
from planstore.ledger.team.credentials import ObjectStorageAccess

HTTPFS = "duckdb_extension_httpfs"
"""The module of the extension that reads and writes objects."""
HTTP_SECONDS = 30
"""Maximum time of one request of DuckDB's."""
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
    session.run("team/http_timeout", seconds=HTTP_SECONDS)
