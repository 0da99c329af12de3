"""Places of panels: a local file or folder, or objects in S3-compatible object storage."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote

from planstore.checks.panel_columns import SYMBOLS
from planstore.checks.quoting import quoted
from planstore.database.connection import memory
from planstore.database.session import Session
from planstore.documents.yaml_loader import MOST_BYTES
from planstore.errors import DeniedError, PanelError, StoreError
from planstore.ledger.opening import require_team_packages
from planstore.ledger.team.address import BUCKET

if TYPE_CHECKING:
    from planstore.ledger.team.credentials import ObjectStorageAccess
    from planstore.ledger.team.objects import ListedObject, ObjectStorage

SUFFIXES = (".parquet", ".pq", ".csv")
"""Endings of the names of a panel's files."""
SETTINGS = "panel.yaml"
"""Name of the settings in the folder of a panel."""
_ADDRESS = re.compile(rf"s3:/+(?P<bucket>{BUCKET})(?:/+(?P<key>.*))?", re.DOTALL)
"""An address, also one whose slashes were joined because it was taken for a path."""
_OBJECT_STORAGE = re.compile(r"s3:(/|$)", re.IGNORECASE)
_PATTERN = re.compile(r"[?*\[]")
"""Characters by which the database takes an address for a pattern, or for one with settings."""


@dataclass(frozen=True)
class PanelFile:
    """One file.

    Attributes:
        path: its path or address.
        symbol: symbol of its hive folder (``symbol=AAPL/``).
        size: its bytes; None for a link that leads nowhere.
        version: text that changes with its content, where the place has one; None means that only the content tells.
        state: inode and times of its last changes (nanoseconds): while these stay, so does the content; None where the
            place has none.
        called: its name in messages, where that is not the path.
    """

    path: str
    symbol: str | None
    size: int | None
    version: str | None = None
    state: tuple[int, int, int] | None = None
    called: str | None = None

    @classmethod
    def local(cls, path: Path, symbol: str | None) -> PanelFile:
        """Return a file of this machine.

        Raises:
            OSError: its folder cannot be read.
        """
        if not path.exists():
            return cls(str(path), symbol, None)
        found = path.stat()
        return cls(str(path), symbol, found.st_size, None, (found.st_ino, found.st_mtime_ns, found.st_ctime_ns))

    @property
    def name(self) -> str:
        """Its name in messages."""
        return self.called or self.path

    @property
    def suffix(self) -> str:
        """Ending of its name, in lower case."""
        return PurePosixPath(self.path).suffix.lower()

    @property
    def stem(self) -> str:
        """Its name without the ending."""
        return PurePosixPath(self.path).stem


class PanelPlace(Protocol):
    """Place of a panel's files; its text is the path or address."""

    @property
    def address(self) -> str | None:
        """Address by which other machines read the panel; None where they may not be able to."""

    def files(self) -> list[PanelFile]:
        """Return the files: the one of this name, or all parquet and CSV files in the tree.

        Raises:
            PanelError: there is none, or the place cannot be read.
        """

    def settings(self) -> tuple[str, bytes] | None:
        """Return name and content of the file of settings: ``panel.yaml`` in a folder, a file's name with ``.yaml``.

        Raises:
            PanelError: the place cannot be read.
        """

    def session(self) -> Session:
        """Return a session of a new database in memory that reads the files.

        Raises:
            PanelError: the place cannot be read.
        """


def panel_place(source: Path | str) -> PanelPlace:
    """Return the place that a path or an address ``s3://BUCKET/PREFIX`` names.

    Raises:
        PanelError: the address is malformed, or the packages for object storage are not installed.
    """
    text = str(source)
    return RemotePanel(text) if _OBJECT_STORAGE.match(text) else LocalPanel(Path(source))


class LocalPanel:
    """A panel in a local file or folder.

    Args:
        path: the file or folder.
        called: name of the file in messages; None means its path.
    """

    address: str | None = None

    def __init__(self, path: Path, called: str | None = None) -> None:
        self._path = path
        self._called = called

    def __str__(self) -> str:
        return str(self._path)

    def files(self) -> list[PanelFile]:
        """Return the files; see `PanelPlace`."""
        path = self._path
        try:
            if path.is_file():
                _refuse_other_kind(str(path))
                return [replace(PanelFile.local(path, None), called=self._called)]
            if not path.is_dir():
                raise PanelError(f"{path}: there is no such file or folder")
            found = _files_of_panel(one.relative_to(path).as_posix() for one in path.rglob("*"))
            files = [PanelFile.local(path / name, _hive_symbol(name)) for name in found]
        except OSError as error:
            raise PanelError(f"{path} cannot be read: {error.strerror}") from error
        _refuse_none(str(path), files)
        return files

    def settings(self) -> tuple[str, bytes] | None:
        """Return the file of settings; see `PanelPlace`."""
        try:
            path = self._path / SETTINGS if self._path.is_dir() else self._path.with_suffix(".yaml")
            if not path.is_file():
                return None
            with path.open("rb") as file:
                return str(path), file.read(MOST_BYTES + 1)
        except OSError as error:
            raise PanelError(f"the settings of {self} cannot be read: {error.strerror}") from error

    def session(self) -> Session:
        """Return a session; see `PanelPlace`."""
        return memory()


class RemotePanel:
    """A panel in object storage, read with the credentials of AWS's own places.

    Args:
        address: ``s3://BUCKET/KEY`` of one file, or ``s3://BUCKET/PREFIX`` of several.

    Raises:
        PanelError: the address is malformed, or the packages for object storage are not installed.
    """

    def __init__(self, address: str) -> None:
        match = _ADDRESS.fullmatch(address)
        if match is None or {"@", "?", "#", "*", "["} & {*address} or {".", ".."} & {*address.split("/")}:
            # because what is around an @ or behind a ? may be a key
            got = "an address with @, ? or #" if {"@", "?", "#"} & {*address} else quoted(address)
            raise PanelError(
                f"the address of a panel must be s3://BUCKET/PREFIX, without @, ?, #, * and [ and without . or .. as a "
                f"part, got {got}: correct it, and give credentials in AWS's own places"
            )
        key = match["key"] or ""
        self._bucket, self._key, self._is_prefix = match["bucket"], key.rstrip("/"), key.endswith("/") or not key
        self.address = f"s3://{self._bucket}/{key}"
        with _usable():
            require_team_packages("a panel in object storage")

    def __str__(self) -> str:
        return self.address

    def files(self) -> list[PanelFile]:
        """Return the files; see `PanelPlace`."""
        with _usable():
            one = self._object
            found = {} if one is not None else {listed.key: listed for listed in self._objects.listed(self._key)}
        if one is not None:
            _refuse_other_kind(self.address)
            return [PanelFile(self.address, None, one.size, one.version)]
        if not found:
            raise PanelError(f"{self}: there is no such object, and none under it: correct the address")
        start = f"{self._key}/" if self._key else ""
        names = _files_of_panel(key.removeprefix(start) for key in found)
        _refuse_none(self.address, names)
        for name in names:
            if _PATTERN.search(name):
                raise PanelError(
                    f"names of a panel's files in object storage must be without ?, * and [, got {quoted(name)} in "
                    f"{self}: rename it"
                )
        place = f"s3://{self._bucket}/{start}"
        objects = [(name, found[f"{start}{name}"]) for name in names]
        return [PanelFile(f"{place}{name}", _hive_symbol(name), one.size, one.version) for name, one in objects]

    def settings(self) -> tuple[str, bytes] | None:
        """Return the file of settings; see `PanelPlace`."""
        with _usable():
            beside = PurePosixPath(self._key) / SETTINGS
            if self._object is not None:
                beside = PurePosixPath(self._key).with_suffix(".yaml")
            try:
                content = self._objects.reader(str(beside)).read(MOST_BYTES + 1)
            except FileNotFoundError:
                return None
        return f"s3://{self._bucket}/{beside}", content or b""

    def session(self) -> Session:
        """Return a session; see `PanelPlace`."""
        from planstore.ledger.team.session_access import HTTPFS, allow_objects

        with _usable():
            session = memory(extensions=(HTTPFS,), name=self.address)
            allow_objects(session, self._access, f"s3://{self._bucket}/")
        return session

    @cached_property
    def _access(self) -> ObjectStorageAccess:
        from planstore.ledger.team.credentials import ObjectStorageAccess

        return ObjectStorageAccess()

    @cached_property
    def _objects(self) -> ObjectStorage:
        """All objects of the bucket."""
        from planstore.ledger.team.objects import ObjectStorage

        return ObjectStorage(self._bucket, "", self._access)

    @cached_property
    def _object(self) -> ListedObject | None:
        """The object of this address; None where the address is a prefix."""
        return None if self._is_prefix else self._objects.found(self._key)


@contextmanager
def reading(source: PanelPlace) -> Iterator[tuple[Session, list[PanelFile]]]:
    """Open the files of a panel while a block runs.

    Raises:
        PanelError: there are no files, or the place cannot be read.
    """
    files = source.files()
    session = source.session()
    try:
        yield session, files
    finally:
        session.close()


@contextmanager
def answered() -> Iterator[None]:
    """Raise a `PanelError` where a server does not answer or refuses, because that says nothing about a file."""
    try:
        yield
    except DeniedError as error:
        raise PanelError(
            f"the panel must be readable, got {error}: correct its address, the endpoint or the rights of this key, "
            "or try again when the server answers"
        ) from error


@contextmanager
def _usable() -> Iterator[None]:
    """Raise a `PanelError` where object storage cannot be used at all."""
    try:
        with answered():
            yield
    except StoreError as error:
        raise PanelError(f"the panel cannot be read: {error}") from error


def _files_of_panel(names: Iterable[str]) -> list[str]:
    """Return the names of a panel's files among those of all files in a tree, in the order of their folders."""
    paths = (PurePosixPath(name) for name in names)
    return [str(path) for path in sorted(paths) if path.suffix.lower() in SUFFIXES and not _hidden(path)]


def _hidden(path: PurePosixPath) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)


def _hive_symbol(name: str) -> str | None:
    named = (part.partition("=") for part in PurePosixPath(name).parent.parts)
    return next((unquote(value) for key, _, value in named if key.lower() in SYMBOLS and value), None)


def _refuse_other_kind(path: str) -> None:
    if PurePosixPath(path).suffix.lower() not in SUFFIXES:
        raise PanelError(f"a panel must be a folder or one file of {', '.join(SUFFIXES)}, got {path}: convert it")


def _refuse_none(place: str, files: Iterable[object]) -> None:
    if not files:
        raise PanelError(f"{place} must have {', '.join(SUFFIXES)} files, got none: name the folder of the panel")
