"""Every SQL file has cases as data: given rows, the statement, expected rows.

``cases/<folder>/<name>.yaml`` is a list of cases of ``sql/<folder>/<name>.sql``. A case has these keys:

========  ============================================================================================================
title     a sentence: what the statement does here
given     table: rows. ``lake.jobs`` is the product's own table, in a lake in memory; ``copied`` has the columns of
          the table that the statement appends to; any other has the columns that
          ``cases/tables.yaml`` lists. A row is a list of all columns, or a mapping, where a column left out is null;
          ``scenario`` stands in mappings alone, and is 0 where it is left out
needs     statements to run after that and before the one of the file: macros, views, earlier steps
files     files in the case's folder: name: text
values    what ``$names`` stand for, in the statement and in what it needs
store     true: the case runs beside an empty store on disk, ``{store}`` in texts, instead of a lake in memory
team      true: the case runs with the extensions of team stores, with a database in PostgreSQL as the lake's catalog
postgres  statements to run there before, where ``{schema}`` is a schema of the case's own, in which those of
          ``sql/postgres/`` run
asks      values of $1, $2, …: the statement makes a query, which PostgreSQL is asked with them
query     what to look at afterwards, when the statement itself returns nothing of interest
expect    the rows, in order. A row is a list, or a mapping, where the names of the columns count as well
error     instead of ``expect``: what the database says when it refuses
========  ============================================================================================================

A statement of ``sql/postgres/`` runs in PostgreSQL itself; ``values`` are then by number.

Texts may name ``{folder}``, an empty folder of the case's own. Values must be equal to the last bit and have the same
type: 1, 1.0 and true differ. Times are compared in UTC, yet the database runs in another time zone, so that a statement
which depends on the machine's zone is seen.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
import yaml

from planstore.database import sql
from planstore.database.extensions import extension
from planstore.ledger.embedded.catalog import Catalog
from planstore.ledger.ledger import Ledger
from planstore.ledger.opening import storage_in
from planstore.ledger.team.catalog import RemoteCatalog
from team_servers import TeamServers

NUMBERS = count()
CASES = Path(__file__).parent / "cases"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
STATEMENTS = sorted(path.relative_to(sql.root()).with_suffix("").as_posix() for path in sql.root().rglob("*.sql"))
CASE_FILES = sorted(path.relative_to(CASES).with_suffix("").as_posix() for path in CASES.glob("*/**/*.yaml"))
MADE_BY: dict[str, str] = yaml.load((CASES / "tables.yaml").read_text(encoding="utf-8"), LOADER)
TABLES = {made_by.rpartition("/")[2]: columns for made_by, columns in MADE_BY.items()}


@dataclass(frozen=True)
class Case:
    """One case, as its file has it."""

    statement: str
    title: str
    given: Mapping[str, list[Any]] = field(default_factory=dict)
    needs: list[str] = field(default_factory=list)
    values: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    store: bool = False
    team: bool = False
    postgres: list[str] = field(default_factory=list)
    asks: list[int] | None = None
    query: str | None = None
    expect: list[Any] | None = None
    error: str | None = None

    def __post_init__(self) -> None:
        if (self.expect is None) == (self.error is None):
            raise ValueError(f"{self.statement}: {self.title}: a case has either `expect` or `error`")


def read_cases(name: str) -> list[Case]:
    """Return the cases of a file."""
    found = yaml.load((CASES / f"{name}.yaml").read_text(encoding="utf-8"), LOADER)
    return [Case(name, **case) for case in found]


ALL_CASES = [case for name in CASE_FILES for case in read_cases(name)]


def opened() -> duckdb.DuckDBPyConnection:
    """Return a connection to a new database, in a time zone of its own."""
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "python_enable_replacements": "false",
            "threads": 1,  # because a case has few rows
        }
    )
    connection.execute("SET GLOBAL TimeZone = 'Asia/Kathmandu'")
    return connection


class Desk:
    """A database to run one case in.

    Args:
        case: the case.
        store: the folder of its store.
        shared: a database whose settings cases leave as they are: one that changes some, or attaches more than a lake,
            has a database of its own. Tables, views, macros and variables are always of the case alone.
        conninfo: the PostgreSQL database, for cases that need one.
    """

    def __init__(self, case: Case, store: Path, shared: duckdb.DuckDBPyConnection, conninfo: str = "") -> None:
        changes = any(name.startswith(("database/", "team/")) for name in (case.statement, *case.needs))
        self._is_own = case.store or case.team or changes
        self._connection = opened() if self._is_own else shared.cursor()
        self._case = case
        self._conninfo = conninfo
        self._places = {"{folder}": str(store.parent)} | ({"{store}": str(store)} if case.store else {})
        if not self._is_own:
            self._connection.execute("ATTACH ':memory:' AS memory; USE memory")
        if case.store or case.team:
            for module in RemoteCatalog.extensions if case.team else Catalog.extensions:
                self._connection.load_extension(str(extension(module)))
        if case.team:
            schema = self._places["{schema}"] = f"case_{next(NUMBERS)}_{os.getpid()}"
            with psycopg.connect(conninfo) as postgres:
                for text in ("CREATE SCHEMA {schema}", *case.postgres):
                    postgres.execute(self.placed(text).encode())
            self._connection.execute(
                f"ATTACH '{conninfo}' AS __ducklake_metadata_lake (TYPE postgres, SCHEMA '{schema}')"
            )
        elif not case.store:
            self._connection.execute("ATTACH ':memory:' AS lake")

    def close(self) -> None:
        if not self._is_own:
            self._connection.execute("USE shared; DETACH memory; DETACH lake")
        self._connection.close()

    def prepare(self) -> None:
        """Give the case what it is given, and run what it needs."""
        for name, text in self._case.files.items():
            Path(self.placed("{folder}"), name).write_text(text, encoding="utf-8")
        for table, rows in self._case.given.items():
            self._give(table, rows)
        for statement in self._case.needs:
            self._run(statement)

    def act(self) -> None:
        """Run the statement, and ask the query about it."""
        self._run(self._case.statement)
        if self._case.query is not None:
            self._connection.execute(self.placed(self._case.query))

    def answer(self) -> tuple[list[str], list[list[Any]]]:
        """Return the columns and rows of what was run last."""
        if self._case.asks is not None:
            return self._asked(self._case.asks)
        description = self._connection.description or []
        is_json = [str(column[1]) == "JSON" for column in description]
        rows = [
            [
                json.loads(value) if parse and value is not None else value
                for value, parse in zip(row, is_json, strict=True)
            ]
            for row in self._connection.fetchall()
        ]
        return [column[0] for column in description], rows

    def _asked(self, values: list[int]) -> tuple[list[str], list[list[Any]]]:
        """Return the columns and rows of the query that the statement made for PostgreSQL."""
        ((query,),) = self._connection.fetchall()
        with psycopg.connect(self._conninfo, cursor_factory=psycopg.RawCursor) as postgres:
            cursor = postgres.execute(query, values)
            return [column.name for column in cursor.description or []], [list(row) for row in cursor]

    def columns(self, table: str) -> list[tuple[str, str]]:
        """Return the columns of a table and their types."""
        return [(name, kind) for name, kind, *_ in self._connection.execute(f"DESCRIBE {table}").fetchall()]

    def make(self, table: str, columns: str) -> None:
        """Make a table of these columns."""
        self._connection.execute(f"CREATE TEMP TABLE {table} ({columns})")

    def placed(self, value: Any) -> Any:
        """Return a value with the places of the case in its texts."""
        if isinstance(value, str):
            for name, place in self._places.items():
                value = value.replace(name, place)
            return value
        if isinstance(value, list):
            return [self.placed(item) for item in value]
        return value

    def _give(self, table: str, rows: list[Any]) -> None:
        if table == "copied":
            copied = self._case.statement.partition("append_")[2]
            self._run(f"schema/tables/{copied}")
            self._connection.execute(f"CREATE TEMP TABLE copied AS FROM lake.{copied} LIMIT 0")
        elif table.startswith("lake."):
            self._run(f"schema/tables/{table.removeprefix('lake.')}")
        else:
            self.make(table, TABLES[table])
        columns = dict(self.columns(table))
        for row in rows:
            listed = [name for name in columns if name != "scenario"]
            named = row if isinstance(row, dict) else dict(zip(listed, row, strict=True))
            names = ", ".join(f'"{name}"' for name in named)
            marks = ", ".join("?" for _ in named)
            values = [_parameter(columns[name], value) for name, value in named.items()]
            self._connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)

    def _run(self, statement: str) -> None:
        text = sql.load(statement)
        names = duckdb.extract_statements(text)[0].named_parameters
        self._connection.execute(text, {name: self.placed(self._case.values[name]) for name in names} or None)


class PostgresDesk:
    """A connection to PostgreSQL to run one case of ``sql/postgres/`` in."""

    def __init__(self, case: Case, conninfo: str) -> None:
        self._case = case
        self._connection = psycopg.connect(conninfo, autocommit=True, cursor_factory=psycopg.RawCursor)
        self._cursor = self._connection.cursor()
        self._schema = f"case_{next(NUMBERS)}_{os.getpid()}"

    def close(self) -> None:
        self._connection.close()

    def prepare(self) -> None:
        for text in ("CREATE SCHEMA {schema}", "SET search_path TO {schema}"):
            self._cursor.execute(self.placed(text).encode())
        for statement in self._case.needs:
            self._run(statement)
        for text in self._case.postgres:
            self._cursor.execute(self.placed(text).encode())

    def act(self) -> None:
        self._run(self._case.statement)
        if self._case.query is not None:
            self._cursor.execute(self._case.query.encode())

    def answer(self) -> tuple[list[str], list[list[Any]]]:
        """Return the columns and rows of what was run last."""
        rows = [list(row) for row in self._cursor.fetchall()]
        return [column.name for column in self._cursor.description or []], rows

    def placed(self, value: Any) -> Any:
        """Return a value of the case, with the case's own schema in its texts."""
        return value.replace("{schema}", self._schema) if isinstance(value, str) else value

    def _run(self, statement: str) -> None:
        text = sql.load(statement)
        number = max(map(int, re.findall(r"\$([0-9])", text)), default=0)
        values: Mapping[Any, Any] = self._case.values
        self._cursor.execute(text.encode(), [self.placed(values[place]) for place in range(1, number + 1)])


def _parameter(kind: str, value: Any) -> Any:
    if kind == "JSON" and not isinstance(value, str | None):
        return json.dumps(value)
    return json.loads(json.dumps(value, default=str))  # because YAML's .nan is negative, which DuckDB shows


def _value(kind: str, value: Any) -> Any:
    return json.loads(value) if kind == "JSON" and value is not None else value


def _with_scenario(row: Any, columns: list[str]) -> Any:
    """Return an expected row with the scenario that it leaves out."""
    if "scenario" not in columns:
        return row
    return {"scenario": 0, **row} if isinstance(row, dict) else [*row, 0]


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_moment)


def _moment(value: object) -> str:
    assert isinstance(value, datetime), f"a case does not compare a {type(value).__name__}"
    return value.astimezone(UTC).isoformat()


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results") / "planstore"
    ledger = Ledger(storage_in(folder))
    ledger.create()
    ledger.close()
    return folder


@pytest.fixture(scope="module")
def shared() -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(opened()) as connection:
        connection.execute("ATTACH ':memory:' AS shared; USE shared; DETACH memory")  # because each case has its own
        yield connection


@pytest.fixture
def desk(
    request: pytest.FixtureRequest, tmp_path: Path, shared: duckdb.DuckDBPyConnection
) -> Iterator[Desk | PostgresDesk]:
    case: Case = request.param
    if case.store:
        shutil.copytree(request.getfixturevalue("empty_store"), tmp_path / "planstore")
    conninfo = ""
    if case.team or case.statement.startswith("postgres/"):
        servers: TeamServers = request.getfixturevalue("running_servers")
        conninfo = servers.conninfo()
    if case.statement.startswith("postgres/"):
        desk: Desk | PostgresDesk = PostgresDesk(case, conninfo)
    else:
        desk = Desk(case, tmp_path / "planstore", shared, conninfo)
    yield desk
    desk.close()


def _parameters(cases: list[Case]) -> list[Any]:
    return [pytest.param(case, case, id=f"{case.statement}: {case.title}") for case in cases]


@pytest.mark.parametrize(("case", "desk"), _parameters(ALL_CASES), indirect=["desk"])
def test_a_statement_makes_the_expected_rows_of_the_given_ones(case: Case, desk: Desk) -> None:
    desk.prepare()
    if case.error is not None:
        with pytest.raises(duckdb.Error, match=re.escape(desk.placed(case.error))):
            desk.act()
        return
    desk.act()
    columns, rows = desk.answer()
    expected = [_with_scenario(desk.placed(row), columns) for row in case.expect or []]
    if any(isinstance(row, dict) for row in expected):
        rows = [dict(sorted(zip(columns, row, strict=True))) for row in rows]  # type: ignore[misc]
        expected = [dict(sorted(row.items())) for row in expected]
    assert [_text(row) for row in rows] == [_text(row) for row in expected]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_every_sql_file_has_cases(statement: str) -> None:
    assert statement in CASE_FILES
    assert read_cases(statement) != []


@pytest.mark.parametrize("name", CASE_FILES)
def test_every_case_file_belongs_to_a_sql_file(name: str) -> None:
    assert name in STATEMENTS


def _first_cases() -> list[Case]:
    return [next(case for case in ALL_CASES if case.statement == name) for name in MADE_BY if name in CASE_FILES]


@pytest.mark.parametrize(("case", "desk"), _parameters(_first_cases()), indirect=["desk"])
def test_given_tables_have_the_columns_that_their_statements_make(case: Case, desk: Desk) -> None:
    desk.prepare()
    desk.act()
    desk.make("given_columns", MADE_BY[case.statement])
    assert desk.columns(case.statement.rpartition("/")[2]) == desk.columns("given_columns")
