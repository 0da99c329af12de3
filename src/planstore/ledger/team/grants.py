"""The roles of a team store, as grants of the database and policies of the bucket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planstore.database.connection import memory
from planstore.errors import RequestError
from planstore.ledger.team.address import TeamAddress

ROLES = ("reader", "writer", "maintenance", "owner")
"""Each role may do what the ones before it may."""
MAX_SCHEMA = 63 - len("_maintenance")
"""Letters of a schema, after which names of roles would be cut and become equal."""
_OBJECTS: Mapping[str, tuple[str, ...]] = {
    "reader": ("s3:GetObject",),
    "writer": ("s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
    "maintenance": ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObjectVersion"),
    "owner": (),
}
"""Actions on objects that each role may do more than the one before it."""
_BUCKET: Mapping[str, tuple[str, ...]] = {
    "reader": ("s3:GetBucketVersioning",),
    "writer": (),
    "maintenance": ("s3:ListBucketVersions",),
    "owner": ("s3:PutBucketVersioning", "s3:PutLifecycleConfiguration"),
}
_DELETIONS = ("s3:DeleteObject", "s3:DeleteObjectVersion")


def grants(address: TeamAddress) -> list[tuple[str, str]]:
    """Return the SQL statements that make the roles, each with the role that it concerns, in their order.

    Raises:
        RequestError: the schema's name is too long for names of roles that begin with it.
    """
    if len(address.schema) > MAX_SCHEMA:
        raise RequestError(
            f"the schema must have at most {MAX_SCHEMA} letters so that roles can be named after it, got "
            f"{len(address.schema)}: name another schema, or write the grants by hand"
        )
    session = memory(confined=True, threads=1)
    try:
        return [(str(role), str(statement)) for role, statement in session.rows("team/grants", schema=address.schema)]
    finally:
        session.close()


def bucket_policy(address: TeamAddress, role: str) -> dict[str, Any]:
    """Return the policy of a role's key: its objects are those under the store's prefix."""
    bucket = f"arn:aws:s3:::{address.bucket}"
    objects = f"{bucket}/{address.prefix}/*"
    own = ROLES[: ROLES.index(role) + 1]
    statements: list[dict[str, Any]] = [
        {"Effect": "Allow", "Action": [one for part in own for one in _OBJECTS[part]], "Resource": objects},
        {"Effect": "Allow", "Action": [one for part in own for one in _BUCKET[part]], "Resource": bucket},
        {
            # if it exists, because a question for one object has no prefix, and its absence would look like a denial
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": bucket,
            "Condition": {"StringLikeIfExists": {"s3:prefix": [f"{address.prefix}/*"]}},
        },
    ]
    if "maintenance" not in own:
        statements.append({"Effect": "Deny", "Action": list(_DELETIONS), "Resource": objects})
    return {"Version": "2012-10-17", "Statement": statements}
