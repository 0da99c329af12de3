"""Connections to the database of a team store, by libpq's own rules."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from planstore.database import sql
from planstore.errors import DeniedError
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
_XML_ANSWER = re.compile(r"<\?xml.*?<Code>(.*?)</Code>.*?<Message>(.*?)</Message>.*", re.DOTALL)
"""The answer of object storage to a request that it refused."""


@dataclass(frozen=True)
class Rights:
    """The rights of a user.

    Attributes:
        user: the name that the database knows.
        is_writer: whether it may append to the catalog.
    """

    user: str
    is_writer: bool


class Connector:
    """Opens connections to the database of a team store.

    Args:
        address: the address of the store.

    Attributes:
        name: the database in messages.
    """

    def __init__(self, address: TeamAddress) -> None:
        from psycopg.conninfo import conninfo_to_dict

        self._schema = address.schema
        self.name = f"the catalog {address.catalog}, schema {address.schema}"
        with team_errors(self.name):
            given = conninfo_to_dict(address.catalog)
        self._parameters: dict[str, Any] = {
            "client_encoding": "UTF8",
            "connect_timeout": os.environ.get("PGCONNECT_TIMEOUT", CONNECT_SECONDS),
            **KEEPALIVES,
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

    @cached_property
    def rights(self) -> Rights:
        """The rights of this process's user; the database is asked once.

        Raises:
            StoreError: it cannot be reached.
        """
        with team_errors(self.name), self.connect() as connection:
            row = connection.execute(sql.load("postgres/rights"), [self._schema]).fetchone()
        assert row is not None
        return Rights(str(row[0]), bool(row[1]))

    def table_sizes(self) -> list[int]:
        """Return the bytes of each table of the catalog, with its indexes.

        Raises:
            StoreError: the database cannot be reached.
        """
        with team_errors(self.name), self.connect() as connection:
            return [int(size) for _, size in connection.execute(sql.load("postgres/sizes"), [self._schema])]

    def require_writer(self) -> None:
        """Refuse a user who may not write.

        Raises:
            DeniedError: the user may not.
        """
        if not self.rights.is_writer:
            raise DeniedError(
                f"{self.name} may be read, not written, by the user {self.rights.user}: write as another user, "
                "or let the store's owner grant the role of a writer (`planstore init --print-grants`)"
            )


@contextmanager
def team_errors(name: str) -> Iterator[None]:
    """Translate errors of PostgreSQL and of object storage into :class:`DeniedError`."""
    from botocore.exceptions import BotoCoreError, ClientError
    from obstore.exceptions import BaseError
    from psycopg import Error

    try:
        yield
    except (Error, BaseError, BotoCoreError, ClientError) as error:
        reason = str(error).partition("\n\nDebug source")[0]  # because obstore adds its whole internal state
        reason = " ".join(_XML_ANSWER.sub(r"\1: \2", reason).split())
        raise DeniedError(f"{name} could not be used: {reason}") from error
