"""Each head of a statement says what its text makes and reads, and the page of the docs shows the same."""

from __future__ import annotations

import json
import re
from typing import Any

import duckdb
import pytest
import yaml

import sql_graph
from planstore.database import sql
from planstore.database.sql_docs import meaning_of
from planstore.routing.rules import current_rules
from sql_graph import derive, names, stated, statements, with_lines
from test_sql_cases import read_cases

NAMED_OTHERWISE = {
    # because the name of a step is part of the archived rules, and one step replaces the table of another
    "routing/float32_thresholds": "policy_thresholds",
}
"""Statements that have another file name than the object that they create, with its name."""


def test_each_head_ends_in_what_its_statement_makes_and_reads() -> None:
    wrong = [name for name in names() if with_lines(derive(name, sql.load(name)), sql.load(name)) != sql.load(name)]
    assert wrong == [], "run `make docs`"


def test_a_statement_has_the_file_name_of_the_object_that_it_creates() -> None:
    created = {
        statement.name: statement.made.removeprefix("lake.").removesuffix("()")
        for statement in statements()
        if statement.made
        and statement.makes.startswith(("makes: table", "makes: view", "makes: macro", "makes: index"))
    }
    assert len(created) > 140
    assert {name: made for name, made in created.items() if name.rpartition("/")[2] != made} == NAMED_OTHERWISE


@pytest.mark.parametrize(
    ("text", "makes", "reads"),
    [
        ("FROM a JOIN b USING (x) WHERE y = $y", "makes: rows", ["a", "b", "$y"]),
        ("WITH a AS (FROM a), c AS (FROM a) FROM c, b", "makes: rows", ["a", "b"]),
        ("WITH RECURSIVE a AS (FROM b UNION ALL FROM a) FROM a", "makes: rows", ["b"]),
        ("FROM (WITH a AS (FROM b) FROM a) JOIN a USING (x)", "makes: rows", ["a", "b"]),
        ("WITH a AS (FROM b) FROM lake.a", "makes: rows", ["b", "lake.a"]),
        (
            "SELECT x FROM a WHERE x IN (SELECT y FROM b) AND z NOT IN ('FROM c', '$d') -- FROM e",
            "makes: rows",
            ["a", "b"],
        ),
        ("FROM query_table($rows)", "makes: rows", ["$rows"]),
        ("FROM __ducklake_metadata_lake.ducklake_table", "makes: rows", ["catalog.ducklake_table"]),
        ("SELECT list_transform(x, lambda y: plain_word(y)), lower(z) FROM a", "makes: rows", ["a", "plain_word()"]),
        ("CREATE OR REPLACE TEMP TABLE t AS WITH a AS (FROM b) FROM a", "makes: table t", ["b"]),
        ("CREATE TABLE lake.t (a VARCHAR, b DECIMAL(3, 1))", "makes: table lake.t", []),
        ("CREATE OR REPLACE VIEW v AS FROM a WHERE x = getvariable('y')", "makes: view v", ["a", "variable y"]),
        (
            "CREATE OR REPLACE MACRO m(a, b := NULL) AS CASE a WHEN b THEN rule_text(a) END",
            "makes: macro m()",
            ["rule_text()"],
        ),
        ("CREATE OR REPLACE MACRO m(a) AS (SELECT x FROM t WHERE y = a)", "makes: macro m()", ["t"]),
        ("CREATE OR REPLACE TEMP MACRO m(a) AS TABLE\nFROM jobs_of(a)", "makes: macro m()", ["jobs_of()"]),
        ("CREATE INDEX i ON t (x)", "makes: index i", ["t"]),
        ("SET VARIABLE v = (SELECT max(x) FROM a)", "makes: variable v", ["a"]),
        ("SET threads = $n", "changes: the session", ["$n"]),
        ("INSERT INTO lake.t VALUES ($a, $b)", "appends to: lake.t", ["$a", "$b"]),
        ("INSERT INTO t WITH a AS (FROM b) SELECT $c FROM a", "appends to: t", ["b", "$c"]),
        ("DELETE FROM t WHERE x IN (FROM a)", "changes: t", ["a"]),
        ("COPY (SELECT (x) FROM a) TO $path (FORMAT parquet)", "makes: a file", ["a", "$path"]),
        ("CALL lake.set_option('x', $rows)", "changes: the lake", ["$rows"]),
    ],
)
def test_what_a_statement_makes_and_reads_is_derived_from_its_text(text: str, makes: str, reads: list[str]) -> None:
    found = derive("a/b", f"-- What it is.\n{text};\n")
    assert (found.makes, list(found.reads)) == (makes, reads)


def test_a_statement_of_an_unknown_form_is_refused() -> None:
    with pytest.raises(ValueError, match="a/b: this form of statement is unknown"):
        derive("a/b", "VACUUM;\n")


def test_lines_replace_older_ones_and_come_after_the_prose_of_the_head() -> None:
    text = "-- makes: rows\n-- Prose.\n-- reads: b\nFROM a\n-- reads: c\nWHERE x;\n"
    written = "-- Prose.\n-- makes: rows\n-- reads: a\nFROM a\nWHERE x;\n"
    assert with_lines(derive("a/b", text), text) == written
    assert with_lines(derive("a/b", written), written) == written


@pytest.mark.parametrize(
    ("float32", "rules_id"),
    [
        (False, "2669bcd0df310912eeb4ec62aefb780a949a6333630e28c80d0443f4e9813f52"),
        (True, "5771581b72a580286375646400d31373fea6e526274533870b41f1e665bc9a39"),
    ],
)
def test_the_lines_are_no_part_of_the_archived_rules(float32: bool, rules_id: str) -> None:
    rules = current_rules(float32=float32)
    assert rules.rules_id == rules_id, "the rules have changed: if they were meant to, record their new digest here"
    assert b"-- reads: " not in rules.document


def test_the_lines_are_no_columns_of_a_view_and_no_part_of_its_summary() -> None:
    assert stated("schema/views/current_plan") == "-- makes: view current_plan\n-- reads: latest_run, plans\n"
    assert meaning_of("current_plan").named == {}
    assert meaning_of("current_plan").summary == "The plan of the newest run."


def test_the_docs_have_the_page_of_the_graph() -> None:
    assert sql_graph.PAGE.read_text(encoding="utf-8") == sql_graph.page(statements()), "run `make docs`"


def test_a_drawing_has_the_objects_of_its_pipeline_and_what_comes_from_outside() -> None:
    written = sql_graph.page(statements())
    assert written.count("```mermaid\nflowchart LR\n") == len(sql_graph.PIPELINES) == 4
    routing = written.partition("## Routing")[2].partition("```\n")[0]
    for line in (
        'side_states["side_states"]',
        'scenario_evidence[/"scenario_evidence"/]',
        "side_checks --> side_states",
        "rule_text__ -.-> ordered_decisions",
        "asked_asked_pairs_sql --> signal_states",
    ):
        assert f"    {line}\n" in routing


ROUTING = [name for name in names() if name.startswith("routing/")]


@pytest.mark.parametrize("name", ROUTING)
def test_the_head_of_a_routing_step_shows_an_example_from_its_first_case(name: str) -> None:
    case = read_cases(name)[0]
    example = sql_graph.example(name)
    if derive(name, sql.load(name)).makes.startswith("makes: macro"):
        with duckdb.connect() as connection:
            for statement in (*case.needs, name):
                connection.execute(sql.load(statement))
            connection.execute(f"SELECT {example.given}, json_array({', '.join(_arguments(example.given))})")
            ((result, arguments),) = connection.fetchall()
        assert result == yaml.safe_load(example.expect)
        assert result in _leaves(case.expect)
        in_query = re.findall(r"'((?:[^']|'')*)'", case.query or "")
        assert [a for a in json.loads(arguments) if a and not _is_in(_document(a), [case.given, in_query])] == []
        return
    given = {} if example.given == "nothing" else yaml.safe_load(f"{{{example.given}}}")
    for table, rows in given.items():
        for row in rows if isinstance(rows, list) else [rows]:
            assert any(_is_part(row, whole) for whole in case.given[table]), (table, row)
    expected = yaml.safe_load(example.expect)
    for row in expected if isinstance(expected, list) else [expected]:
        assert any(_is_part(row, whole) for whole in case.expect or []), row


def _arguments(call: str) -> list[str]:
    """Return the arguments of a call: texts in quotes, numbers and nulls."""
    return re.findall(r"'(?:[^']|'')*'|NULL|[\d.]+", call.partition("(")[2])


def _document(text: object) -> object:
    return json.loads(text) if isinstance(text, str) and text.startswith("{") else text


def _leaves(tree: object) -> list[object]:
    return [leaf for item in tree for leaf in _leaves(item)] if isinstance(tree, list) else [tree]


def _is_part(part: Any, whole: Any) -> bool:
    """Return whether all of ``part`` is in ``whole``; of a list, in its order, whatever its values are called."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and _is_part(value, whole[key]) for key, value in part.items())
    if isinstance(whole, list) and isinstance(part, dict | list):
        rest = iter(whole)
        values = part.values() if isinstance(part, dict) else part
        return all(any(_is_part(value, item) for item in rest) for value in values)
    return bool(part == whole)


def _is_in(part: Any, tree: Any) -> bool:
    """Return whether ``part`` is part of anything in ``tree``."""
    if _is_part(part, tree):
        return True
    items = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    return any(_is_in(part, item) for item in items)


@pytest.mark.parametrize(
    ("part", "whole", "is_part"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 2}, {"a": 1, "b": 2}, False),
        ({"c": 1}, {"a": 1}, False),
        ({"a": {"b": [{"c": 1}]}}, {"a": {"b": [{"c": 2}, {"c": 1, "d": 3}]}}, True),
        ({"a": {"b": [{"c": 3}]}}, {"a": {"b": [{"c": 2}]}}, False),
        ({"any": "x", "name": 3}, ["x", 2, 3], True),
        ({"any": 3, "name": "x"}, ["x", 2, 3], False),
    ],
)
def test_an_example_is_compared_value_by_value(part: Any, whole: Any, is_part: bool) -> None:
    assert _is_part(part, whole) == is_part
