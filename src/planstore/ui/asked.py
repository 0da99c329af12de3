"""A request to a page: the store that it reads, and the values of its parameters, checked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from planstore.api.store import Store
from planstore.checks.quoting import quoted
from planstore.errors import RequestError
from planstore.ui.memo import Memo
from planstore.ui.stores import Stores

MOST_CHARACTERS = 20_000
"""Maximum characters of a parameter, such as a query."""
EVERYWHERE = frozenset({"as_of"})
"""Parameters of every page."""


@dataclass(frozen=True)
class Asked:
    """A request.

    Attributes:
        stores: the store as of each commit.
        queries: the same store with a memory limit, for queries of users.
        memo: answers that no later commit can change.
        values: the values of each parameter, in order.
    """

    stores: Stores
    queries: Stores
    memo: Memo
    values: Mapping[str, Sequence[str]]

    def check(self, known: Collection[str], repeated: Collection[str] = ()) -> None:
        """Refuse unknown, repeated and overlong parameters.

        Raises:
            RequestError: names the parameter.
        """
        for name, values in self.values.items():
            if name not in known and name not in EVERYWHERE:
                raise RequestError(
                    f"a parameter must be one of {', '.join(sorted({*known, *EVERYWHERE}))}, got {quoted(name)}: "
                    "correct the address"
                )
            if len(values) > 1 and name not in repeated:
                raise RequestError(f"{name} must have one value, got {len(values)}: leave the others out")
            if any(len(value) > MOST_CHARACTERS for value in values):
                raise RequestError(f"{name} must have at most {MOST_CHARACTERS} characters: shorten it")

    @property
    def store(self) -> Store:
        """The store as of the requested commit."""
        return self.stores.at(self.text("as_of"))

    def text(self, name: str) -> str | None:
        """Return the value of a parameter; None where it is missing or empty."""
        values = self.values.get(name)
        return values[0] if values and values[0] else None

    def texts(self, name: str) -> list[str]:
        """Return all values of a parameter that can be repeated."""
        return [value for value in self.values.get(name, ()) if value]

    def needed(self, name: str) -> str:
        """Return the value of a parameter that must be there.

        Raises:
            RequestError: it is missing.
        """
        value = self.text(name)
        if value is None:
            raise RequestError(f"{name} must be given, got none: add ?{name}=…")
        return value

    def number(self, name: str, otherwise: int, *, least: int = 0, most: int = 10**9) -> int:
        """Return a whole number.

        Raises:
            RequestError: it is none, or outside of its range.
        """
        value = self.text(name)
        if value is None:
            return otherwise
        if not (value.isascii() and value.isdecimal() and least <= int(value[:12]) <= most):
            raise RequestError(f"{name} must be a whole number from {least} to {most}, got {quoted(value)}")
        return int(value)

    def choice(self, name: str, words: Sequence[str], otherwise: str | None = None) -> str | None:
        """Return a word of a list.

        Raises:
            RequestError: it is none of them.
        """
        value = self.text(name)
        if value is None:
            return otherwise
        if value not in words:
            raise RequestError(f"{name} must be one of {', '.join(words)}, got {quoted(value)}")
        return value

    def link(self, path: str, /, **values: object) -> str:
        """Return the address of a page as of the same commit; parameters without a value are left out."""
        given = {"as_of": self.text("as_of"), **values}
        query = urlencode({name: value for name, value in given.items() if value is not None}, doseq=True)
        return f"{path}?{query}" if query else path
