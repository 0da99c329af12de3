"""The definition of candidates' columns, against the SQL that repeats parts of it."""

from __future__ import annotations

import re

import duckdb
import pytest

from planstore.database import sql
from planstore.database.sql_docs import meaning_of
from planstore.events.candidate_columns import COLUMNS, STABILITY_METRICS, TABLE, CandidateColumn, ColumnKind

TYPES = {
    ColumnKind.NUMBER: "DOUBLE",
    ColumnKind.COUNT: "BIGINT",
    ColumnKind.WORD: "VARCHAR",
    ColumnKind.TEXTS: "VARCHAR[]",
    ColumnKind.TEXT: "VARCHAR",
    ColumnKind.METRICS: f"STRUCT({', '.join(f'{name} DOUBLE' for name in STABILITY_METRICS)})",
    ColumnKind.TIME: "TIMESTAMP WITH TIME ZONE",
}
WORDS = [column for column in COLUMNS if column.words]


@pytest.fixture(scope="module")
def table() -> list[tuple[str, str]]:
    with duckdb.connect() as connection:
        connection.execute("ATTACH ':memory:' AS lake")
        connection.execute(sql.load("schema/tables/candidates"))
        described = connection.execute("DESCRIBE lake.candidates").fetchall()
    return [(name, kind) for name, kind, *_ in described]


def test_the_table_has_the_columns_with_their_types_and_meanings(table: list[tuple[str, str]]) -> None:
    events = ["commit_id", "position", "run_id"]
    assert [name for name, _ in table[:3]] == events
    assert table[3:] == [(column.name, TYPES[column.kind]) for column in TABLE]
    meanings = meaning_of("lake.candidates").columns()
    assert {name: meanings[name] for name in meanings.keys() - events} == {one.name: one.meaning for one in COLUMNS}


def test_a_column_that_a_younger_format_added_has_its_migration() -> None:
    added = {f"migration/add_{column.name}" for column in COLUMNS if column.since > 1}
    assert {name for name in sql.names("migration") if name.startswith("migration/add_")} == added


@pytest.mark.parametrize("column", WORDS, ids=lambda column: column.name)
def test_the_words_of_a_column_are_those_that_its_meaning_and_the_check_name(column: CandidateColumn) -> None:
    assert column.words is not None
    older = {"SYMBOL"} if column.name == "mode" else set()
    named = set(re.findall(r"`(\w+)`", column.meaning))
    assert named == {*column.words, *older}
    check = sql.load("candidates/problems")
    (listed,) = re.findall(rf"\b{column.name} NOT IN \(([^)]*)\)", check)
    assert set(re.findall(r"'(\w+)'", listed)) == {*column.words, *older}


def test_a_part_of_a_column_names_one_that_there_is() -> None:
    names = {column.name for column in COLUMNS}
    assert {column.part_of for column in COLUMNS} - {None} <= names
    assert len(names) == len(COLUMNS)
