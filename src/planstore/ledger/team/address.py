"""The address of a team store: its database, schema and bucket; never a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from planstore.checks.quoting import quoted
from planstore.errors import RequestError

DATABASE_SCHEMES = ("postgresql", "postgres")
NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
"""Names of schemas, which PostgreSQL takes without quotes."""
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
KEY = re.compile(r"[A-Za-z0-9._=-]+(/[A-Za-z0-9._=-]+)*")
PLACES_OF_PASSWORDS = "a passfile (PGPASSFILE), a service file (?service=NAME) or PGPASSWORD"
TRAVELLING = frozenset(
    {"service", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "sslnegotiation", "channel_binding"}
    | {"gssencmode", "target_session_attrs", "connect_timeout", "options", "load_balance_hosts"}
)
"""Parameters of a connection that an address may name; the others come from libpq's own places."""


@dataclass(frozen=True)
class TeamAddress:
    """Where a team store is.

    Attributes:
        catalog: URL of the PostgreSQL database, without a password.
        schema: the schema of the catalog's tables.
        data: URL of the parquet files and artifacts, ``s3://bucket/prefix``.

    Raises:
        RequestError: a part is malformed, or the catalog's URL has a password.
    """

    catalog: str
    schema: str
    data: str

    def __post_init__(self) -> None:
        _check_catalog(self.catalog)
        if not NAME.fullmatch(self.schema):
            raise RequestError(
                f"the schema must be up to 63 lower-case letters, digits or _, got {quoted(self.schema)}: "
                "name another schema"
            )
        data = _split(self.data, "the data")
        if data.scheme != "s3" or not BUCKET.fullmatch(data.netloc) or not KEY.fullmatch(data.path.strip("/")):
            raise RequestError(
                f"the data must be s3://BUCKET/PREFIX, of letters, digits and ._=-, got {quoted(self.data)}: "
                "name a bucket and a prefix of the store's own"
            )
        if {".", ".."} & set(self.prefix.split("/")):
            raise RequestError(f"the data's prefix must not contain . or .. as a part, got {quoted(self.data)}")

    @classmethod
    def of_url(cls, url: str) -> TeamAddress:
        """Return the address that a URL ``postgresql://host/db?schema=NAME&data=s3://bucket/prefix`` names.

        Raises:
            RequestError: the URL is malformed, or has a password.
        """
        _refuse_password(url)
        split = _split(url, "the store")
        parameters = dict(parse_qsl(split.query, keep_blank_values=True))
        missing = [name for name in ("schema", "data") if name not in parameters]
        if missing:
            raise RequestError(
                f"the store's address must name {' and '.join(missing)}, got {quoted(url)}: "
                "postgresql://HOST/DATABASE?schema=NAME&data=s3://BUCKET/PREFIX"
            )
        schema, data = parameters.pop("schema"), parameters.pop("data")
        return cls(split._replace(query=urlencode(parameters)).geturl(), schema, data)

    @classmethod
    def of_marker(cls, marker: Mapping[str, Any]) -> TeamAddress:
        """Return the address that a folder's marker names.

        Raises:
            RequestError: a part is malformed.
        """
        return cls(**{name: str(marker.get(name, "")) for name in ("catalog", "schema", "data")})

    @property
    def url(self) -> str:
        """The whole address as one URL."""
        split = urlsplit(self.catalog)
        own = urlencode({"schema": self.schema, "data": self.data}, safe=":/")
        return split._replace(query="&".join(filter(None, (split.query, own)))).geturl()

    @property
    def bucket(self) -> str:
        """The bucket."""
        return urlsplit(self.data).netloc

    @property
    def prefix(self) -> str:
        """The prefix of all keys, without slashes at its ends."""
        return urlsplit(self.data).path.strip("/")

    def __str__(self) -> str:
        return self.url

    def as_dict(self) -> dict[str, str]:
        """Return all attributes, for the marker and for JSON."""
        return {"catalog": self.catalog, "schema": self.schema, "data": self.data}


def is_address(text: str) -> bool:
    """Return whether a text is the URL of a database rather than a path."""
    return text.startswith(tuple(f"{scheme}:" for scheme in DATABASE_SCHEMES))


def _check_catalog(catalog: str) -> None:
    _refuse_password(catalog)
    split = _split(catalog, "the catalog")
    if split.scheme not in DATABASE_SCHEMES:
        raise RequestError(f"the catalog must be postgresql://HOST/DATABASE, got {quoted(catalog)}")
    names = ", ".join(sorted(TRAVELLING))
    unknown = sorted({name for name, _ in parse_qsl(split.query, keep_blank_values=True)} - TRAVELLING)
    if unknown:
        raise RequestError(
            f"the catalog's parameters must be of {names}, got {', '.join(map(quoted, unknown))}: "
            "set others in libpq's own places, such as PG* variables or a service file"
        )


def _refuse_password(url: str) -> None:
    """Refuse a URL with a password, which is not repeated in the message."""
    split = _split(url, "the catalog")
    names = {name.lower() for name, _ in parse_qsl(split.query, keep_blank_values=True)}
    if split.password is not None or names & {"password", "sslpassword", "passfile"}:
        raise RequestError(
            f"the catalog's address must not contain a password: put it into {PLACES_OF_PASSWORDS} instead"
        )


def _split(url: str, what: str) -> SplitResult:
    try:
        split = urlsplit(url)
        _ = split.port
    except ValueError as error:
        raise RequestError(f"{what} must be a URL: {error}") from None  # because the error may repeat a password
    return split
