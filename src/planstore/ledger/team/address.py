"""The address of a team store: its database, schema and bucket; never a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from planstore.checks.quoting import quoted
from planstore.errors import RequestError

NAME = re.compile(r"(?!pg_|information_schema$)[a-z_][a-z0-9_]{0,62}")
"""Names of schemas, which PostgreSQL takes without quotes and does not reserve."""
BUCKET = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
PART = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9._=-]+"
DATA = re.compile(rf"s3://(?P<bucket>{BUCKET})/(?P<prefix>{PART}(?:/{PART})*)/?")
HOST = r"(?:\[[0-9A-Fa-f:.]+(?:%25\w+)?\]|[A-Za-z0-9._~%-]*)(?::\d{0,5})?"
CATALOG = re.compile(
    rf"postgres(?:ql)?://(?:(?P<user>[^\s:/?#@]+)@)?(?P<hosts>{HOST}(?:,{HOST})*)"
    r"(?:/(?P<database>[^\s/?#@=;]*))?(?:\?(?P<query>[^\s?#@]*))?"
)
"""The URLs of libpq, whose special characters must be percent-encoded: an @ in another place may end a password."""
PLACES_OF_PASSWORDS = "a passfile (PGPASSFILE), a service file (?service=NAME) or PGPASSWORD"
TRAVELLING = frozenset(
    {"service", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "sslnegotiation", "channel_binding"}
    | {"gssencmode", "target_session_attrs", "connect_timeout", "options", "load_balance_hosts"}
)
"""Parameters of a connection that an address may name; the others come from libpq's own places."""
_OWN = ("schema", "data")
_SECRET = re.compile(r"passw|pwd|secret|token|client_key", re.IGNORECASE)
_USER_WITH_PASSWORD = re.compile(r"//[^@]*(?::|%3A)[^@]*@", re.IGNORECASE)
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})|%00")
_DATABASE_URL = re.compile(r"\s*(?:postgres(?:ql)?:|[a-z][a-z0-9+.-]+://)", re.IGNORECASE)


@dataclass(frozen=True)
class TeamAddress:
    """Where a team store is.

    Attributes:
        catalog: URL of the PostgreSQL database, as libpq reads it, without a password.
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
                "the schema must be up to 63 lower-case letters, digits or _, and no name of PostgreSQL's own, got "
                f"{quoted(self.schema)}: name another schema"
            )
        if not DATA.fullmatch(self.data):
            # because what is around an @ or behind a ? may be a key
            got = "an address with @, ? or #" if {"@", "?", "#"} & set(self.data) else quoted(self.data)
            raise RequestError(
                f"the data must be s3://BUCKET/PREFIX, of letters, digits and ._=-, without . or .. as a part, got "
                f"{got}: name a bucket and a prefix of the store's own"
            )
        object.__setattr__(self, "data", self.data.rstrip("/"))

    @classmethod
    def of_url(cls, url: str) -> TeamAddress:
        """Return the address that a URL ``postgresql://host/db?schema=NAME&data=s3://bucket/prefix`` names.

        Raises:
            RequestError: the URL is malformed, or has a password.
        """
        _check_text(url)
        base, _, query = url.partition("?")
        parameters = _parameters(query)
        missing = [name for name in _OWN if name not in parameters]
        if missing:
            raise RequestError(
                f"the store's address must name {' and '.join(missing)}: "
                "write postgresql://HOST/DATABASE?schema=NAME&data=s3://BUCKET/PREFIX"
            )
        others = [part for part in query.split("&") if part and unquote(part.partition("=")[0]) not in _OWN]
        return cls("?".join(filter(None, (base, "&".join(others)))), parameters["schema"], parameters["data"])

    @classmethod
    def of_marker(cls, marker: Mapping[str, Any]) -> TeamAddress:
        """Return the address that a folder's marker names.

        Raises:
            RequestError: a part is missing, malformed or unknown.
        """
        parts = {name: value for name, value in marker.items() if name != "format"}
        if parts.keys() != {"catalog", *_OWN} or not all(isinstance(value, str) for value in parts.values()):
            raise RequestError(
                "the marker of a team store must have the texts catalog, schema and data beside its format, got "
                f"{', '.join(f'{name} ({type(parts[name]).__name__})' for name in sorted(parts))}: "
                "correct it, or remove it and run `planstore init`; credentials have places of their own"
            )
        return cls(**parts)

    @property
    def url(self) -> str:
        """The whole address as one URL."""
        return f"{self.catalog}{'&' if '?' in self.catalog else '?'}schema={self.schema}&data={self.data}"

    @property
    def bucket(self) -> str:
        """The bucket."""
        return self.data.split("/")[2]

    @property
    def prefix(self) -> str:
        """The prefix of all keys, without slashes at its ends."""
        return self.data.split("/", 3)[3]

    def __str__(self) -> str:
        return self.url

    def as_dict(self) -> dict[str, str]:
        """Return all attributes, for the marker and for JSON."""
        return {"catalog": self.catalog, "schema": self.schema, "data": self.data}


def is_address(text: str) -> bool:
    """Return whether a text is meant as a URL rather than as a path; it may be malformed."""
    return _DATABASE_URL.match(text) is not None


def _check_catalog(catalog: str) -> None:
    _check_text(catalog)
    unknown = sorted(_parameters(catalog.partition("?")[2]).keys() - TRAVELLING)
    if unknown:
        raise RequestError(
            f"the catalog's parameters must be of {', '.join(sorted(TRAVELLING))}, got "
            f"{', '.join(map(quoted, unknown))}: "
            "set others in libpq's own places, such as PG* variables or a service file"
        )


def _check_text(url: str) -> None:
    """Refuse a malformed URL of a database, or one with a password, without repeating any of it."""
    _, _, query = url.partition("?")
    names = (part.partition("=")[0] for part in query.split("&"))
    if _USER_WITH_PASSWORD.search(url) or any(_SECRET.search(unquote(unquote(name))) for name in names):
        raise RequestError(
            f"the catalog's address must not contain a password: put it into {PLACES_OF_PASSWORDS} instead"
        )
    match = CATALOG.fullmatch(url)
    ports = re.findall(r"(?<!:):(\d+)(?=,|$)", match["hosts"]) if match else []
    if not match or _BAD_ESCAPE.search(url) or not _is_text(url) or any(not 0 < int(port) < 2**16 for port in ports):
        raise RequestError(
            "the catalog must be postgresql://USER@HOST:PORT/DATABASE?PARAMETER=VALUE, each part but the first may be "
            "missing, and got another form, which is not repeated because it may contain a password: "
            "correct it, and percent-encode special characters"
        )


def _is_text(url: str) -> bool:
    try:
        decoded = unquote_to_bytes(url).decode()
    except UnicodeDecodeError:
        return False
    return decoded.isprintable()


def _parameters(query: str) -> dict[str, str]:
    """Return the parameters of a URL, by libpq's rules, in which + is no space.

    Raises:
        RequestError: one is given twice, or has no value.
    """
    found: dict[str, str] = {}
    for part in filter(None, query.split("&")):
        name, _, value = (unquote(one) for one in part.partition("="))
        if not value or name in found:
            raise RequestError(
                f"each parameter of the address must be given once, with a value, got {quoted(name)} "
                f"{'again' if name in found else 'without one'}: correct it"
            )
        found[name] = value
    return found
