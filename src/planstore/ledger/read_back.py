"""Read-back of a commit's rows from storage, so that a storage fault raises an error in the writer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import zip_longest
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from planstore.database.session import Session
from planstore.errors import ReadBackError
from planstore.events.digest import RowsDigest
from planstore.ledger.storage import CatalogStorage, DataStorage

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

WHOLE_ROWS = 20_480
"""Maximum rows that are read back completely; of more, each file's footer and as many rows of it are read."""


@dataclass(frozen=True)
class CatalogTable:
    """The catalog's table of an event table's inlined rows, with its columns."""

    name: str
    columns: Sequence[tuple[str, Any]]


class CatalogTables:
    """The catalog's tables of inlined rows, cached because only a migration changes them.

    Args:
        catalog: the catalog.
    """

    def __init__(self, catalog: CatalogStorage) -> None:
        self.stored_rows = catalog.stored_rows
        self.recent_rows = catalog.recent_rows
        self.parameters = catalog.parameters
        self._names: dict[str, str] = {}
        self._found: dict[str, CatalogTable] = {}

    def table(self, session: Session, table: str) -> CatalogTable:
        """Return the catalog's table of an event table or of ``commits``."""
        if not self._names:
            self._names = dict(session.rows("ledger/inlined_tables"))
        if table not in self._found:
            self._found[table] = CatalogTable(self._names[table], session.columns(f"lake.{table}"))
        return self._found[table]


@dataclass(frozen=True)
class Header:
    """The columns that a commit adds before those of each row.

    Attributes:
        commit_id: the number of the commit.
        first: the position of the first row.
        texts: the other columns, each with the same text in all rows.
    """

    commit_id: int
    first: int
    texts: Mapping[str, str | None]

    def columns(self, positions: pa.Array) -> pa.Table:
        """Return the header columns of the rows at ``positions``."""
        import pyarrow as pa

        repeated = {name: pa.repeat(pa.scalar(text, pa.string()), len(positions)) for name, text in self.texts.items()}
        numbers = pa.repeat(pa.scalar(self.commit_id, pa.int64()), len(positions))
        return pa.table({"commit_id": numbers, "position": positions, **repeated})


@dataclass(frozen=True)
class Written:
    """The rows that a commit appends to a table, as passed to the database.

    Attributes:
        table: the event table.
        header: the columns that the commit adds.
        content: the other columns.
        digest: digest of all columns.
    """

    table: str
    header: Header
    content: pa.Table
    digest: str

    def rows(self) -> pa.Table:
        """Return all columns of all rows."""
        import numpy as np
        import pyarrow as pa

        first = self.header.first
        return self._with_header(
            pa.array(np.arange(first, first + self.content.num_rows, dtype=np.int32)), self.content
        )

    def digest_at(self, positions: pa.Array) -> str:
        """Return the digest of the rows at ``positions`` of the commit."""
        import pyarrow.compute as pc

        first, last = pc.min_max(positions).values()
        # because taking rows from a table joins all its chunks first
        near = self.content.slice(first.as_py() - self.header.first, last.as_py() - first.as_py() + 1)
        rows = near.take(pc.subtract(positions, first))
        return RowsDigest.of_table(self._with_header(positions, rows)).hexdigest()

    def _with_header(self, positions: pa.Array, content: pa.Table) -> pa.Table:
        rows = self.header.columns(positions)
        for name, column in zip(content.column_names, content.columns, strict=True):
            rows = rows.append_column(name, column)
        return rows

    def refuse(self, problem: str) -> ReadBackError:
        """Return an error about rows that differ from the written rows."""
        return ReadBackError(
            f"commit {self.header.commit_id} does not read back as it was written: {self.table}: {problem}"
        )


def check_files(written: Written, data: DataStorage, files: Iterable[str]) -> None:
    """Check that files contain the written rows, before a commit refers to them.

    Raises:
        ReadBackError: they do not.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with ExitStack() as opened:
        parquet = [pq.ParquetFile(opened.enter_context(data.open(name))) for name in files]
        rows = sum(file.metadata.num_rows for file in parquet)
        if rows != written.content.num_rows:
            raise written.refuse(f"the files hold {rows} rows, {written.content.num_rows} were written")
        if not rows:
            return  # because a plan may have no jobs
        if rows <= WHOLE_ROWS:
            check_rows(written, pa.concat_tables([file.read() for file in parquet]))
            return
        _check_nulls(written, parquet)
        for file in parquet:
            sample = next(file.iter_batches(WHOLE_ROWS, row_groups=[file.num_row_groups // 2]))
            check_rows(written, pa.Table.from_batches([sample]))


def check_values(written: Written, rows: Sequence[tuple[Any, ...]]) -> None:
    """Check that rows read from the catalog, in any order, equal the written rows.

    Values are compared, because digests of a few rows take longer. No row in the catalog has a floating-point number,
    which two different values could equal.

    Raises:
        ReadBackError: they do not.
    """
    expected = written.rows()
    position = expected.column_names.index("position")
    read = sorted(rows, key=itemgetter(position))
    for row, values in zip_longest(read, zip(*expected.to_pydict().values(), strict=True)):
        if row != values:
            raise written.refuse(f"read was {row}, written was {values}")


def check_rows(written: Written, rows: pa.Table) -> None:
    """Check that the read rows, in any order, equal the written rows at their positions.

    Raises:
        ReadBackError: they do not.
    """
    import pyarrow.compute as pc

    if rows.num_rows > 1:
        rows = rows.take(pc.sort_indices(rows["position"]))
    read = RowsDigest.of_table(plain(rows)).hexdigest()
    whole = rows.num_rows == written.content.num_rows
    expected = written.digest if whole else written.digest_at(rows["position"].combine_chunks())
    if read != expected:
        raise written.refuse(f"the {rows.num_rows} rows read have the digest {read}, written were {expected}")


def plain(rows: pa.Table) -> pa.Table:
    """Return rows of a parquet file with JSON columns as text, which is the ledger's type."""
    import pyarrow as pa

    for index, field in enumerate(rows.schema):
        if isinstance(field.type, pa.BaseExtensionType):
            rows = rows.set_column(index, field.name, rows.column(index).cast(field.type.storage_type))
    return rows


def _check_nulls(written: Written, files: Sequence[pq.ParquetFile]) -> None:
    """Check each flat column's null count in the files' footers."""
    stated: dict[str, int] = {}
    for file in files:
        for number in range(file.num_row_groups):
            group = file.metadata.row_group(number)
            for chunk in map(group.column, range(group.num_columns)):
                if chunk.statistics is not None and chunk.statistics.has_null_count:
                    stated[chunk.path_in_schema] = stated.get(chunk.path_in_schema, 0) + chunk.statistics.null_count
    for name in written.content.column_names:
        nulls = written.content[name].null_count
        if stated.get(name, nulls) != nulls:
            raise written.refuse(f"{name} holds {stated[name]} nulls, {nulls} were written")
