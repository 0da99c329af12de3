"""Connections to the database of a team store, by libpq's own rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from planstore.errors import StoreError
from planstore.ledger.team.address import TeamAddress

if TYPE_CHECKING:
    import psycopg

KEEPALIVES: Mapping[str, str] = {
    "keepalives": "1",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}
"""Settings by which a connection to a machine that vanished ends after a minute."""
CONNECT_SECONDS = "10"


class Connector:
    """Opens connections to the database of a team store.

    Args:
        address: the address of the store.

    Attributes:
        name: the database in messages.
    """

    def __init__(self, address: TeamAddress) -> None:
        split = urlsplit(address.catalog)
        self.name = f"the catalog {address.catalog}, schema {address.schema}"
        given = dict(parse_qsl(split.query, keep_blank_values=True))
        parts = {
            "host": split.hostname,
            "port": str(split.port or ""),
            "dbname": split.path.strip("/"),
            "user": split.username,
        }
        named = {key: value for key, value in parts.items() if value}
        self._parameters: dict[str, str] = {
            "client_encoding": "UTF8",
            "connect_timeout": CONNECT_SECONDS,
            **KEEPALIVES,
            **named,
            **given,
        }

    def conninfo(self, application: str) -> str:
        """Return libpq's connection string, which has no password."""
        from psycopg.conninfo import make_conninfo

        return make_conninfo(**self._parameters, application_name=application)

    def connect(self, application: str = "planstore") -> psycopg.Connection[Any]:
        """Return a new connection, in autocommit mode.

        Raises:
            StoreError: the database cannot be reached, or refuses the connection.
        """
        import psycopg

        with team_errors(self.name):
            return psycopg.connect(self.conninfo(application), autocommit=True, cursor_factory=psycopg.RawCursor)


@contextmanager
def team_errors(name: str) -> Iterator[None]:
    """Translate errors of PostgreSQL and of object storage into :class:`StoreError`."""
    from botocore.exceptions import BotoCoreError, ClientError
    from obstore.exceptions import BaseError
    from psycopg import Error

    try:
        yield
    except (Error, BaseError, BotoCoreError, ClientError) as error:
        reason = str(error).strip().partition("\n\nDebug source")[0]  # because obstore adds its whole internal state
        raise StoreError(f"{name} could not be used: {reason}") from error
