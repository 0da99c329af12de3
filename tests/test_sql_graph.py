"""Each head of a statement says what its text makes and reads, and the page of the docs shows the same."""

from __future__ import annotations

import pytest

import sql_graph
from planstore.database import sql
from planstore.database.sql_docs import meaning_of
from planstore.routing.rules import current_rules
from sql_graph import derive, names, stated, statements, with_lines

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
        (False, "c7b12cf1818e2a49f7f638cc3a49a6ba27c9996b4de1a243c52736946197eec7"),
        (True, "6ab7d7abade15c87761231f2c2c73cbdd2981da4200538006e3a98fd74fd4bfb"),
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
