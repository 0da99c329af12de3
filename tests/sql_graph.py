"""Derives from each statement of ``sql/`` what it makes and reads, and writes both into its head and into the docs.

A statement's head ends in two lines, which ``make docs`` writes from the text below them:

==================================  ====================================================================================
``-- makes: rows``                  a query; ``a file`` where the rows go into one
``-- makes: table flips``           the object that it creates: a table, view, macro, index, or variable of the session
``-- appends to: lake.runs``        the table that it adds rows to
``-- changes: signal_states``       the table that it takes rows from, alters or drops; ``the session`` or ``the lake``
                                    where it changes a setting of theirs, or their files
``-- reads: flips, as_of(), $a``    tables, views and registered Arrow tables, those of DuckLake's own catalog as
                                    ``catalog.…``; then macros of ``sql/``, variables, and parameters; or ``nothing``
==================================  ====================================================================================
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from planstore.database import sql
from planstore.database.sandbox import nodes

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "sql-graph.md"
PIPELINES = {
    "routing": "From the evidence, policies and overrides of scenarios to their decisions, and what explains these.",
    "planning": "From decisions to the jobs of a plan, and to its summary.",
    "scenario": "From a run, or a replay of one, to the tables that the routing reads.",
    "verify": "From the ledger and its catalog to the findings of `planstore verify`.",
}
"""The folders of ``sql/`` that have a drawing, with what their statements lead from and to."""

_CATALOG = "__ducklake_metadata_lake"
_COMMENT = re.compile(r"--[^\n]*\n?")
_LINE = re.compile(r"-- (makes|appends to|changes|reads): (.+)")
_NAME = r'(?:IF NOT EXISTS )?((?:\w+\.)?"?\w+"?)'
_FORMS = tuple(
    (re.compile(form, re.DOTALL), line, body)
    for form, line, body in (
        (rf"CREATE (?:OR REPLACE )?(?:TEMP )?TABLE {_NAME} AS\s(.*)", "makes: table {}", "{}"),
        (rf"CREATE (?:OR REPLACE )?(?:TEMP )?TABLE {_NAME} \((.*)", "makes: table {}", None),
        (rf"CREATE UNLOGGED TABLE IF NOT EXISTS {_NAME} \((.*)", "makes: table {}", None),
        (rf"CREATE (?:OR REPLACE )?(?:TEMP )?VIEW {_NAME} AS\s(.*)", "makes: view {}", "{}"),
        (rf"CREATE (?:OR REPLACE )?(?:TEMP )?MACRO {_NAME}\([^)]*\) AS TABLE\s(.*)", "makes: macro {}()", "{}"),
        (rf"CREATE (?:OR REPLACE )?(?:TEMP )?MACRO {_NAME}\([^)]*\) AS\s(.*)", "makes: macro {}()", "SELECT {}"),
        (rf"CREATE INDEX {_NAME} ON (\w+) .*", "makes: index {}", "FROM {}"),
        (r"CREATE OR REPLACE (TEMPORARY) SECRET \w+ \((.*)\)", "changes: the session", None),
        (rf"SET VARIABLE {_NAME} = (.*)", "makes: variable {}", "SELECT {}"),
        (rf"INSERT INTO {_NAME}\s(?:BY NAME\s)?(.*)", "appends to: {}", "{}"),
        (rf"UPDATE {_NAME}\s(.*)", "changes: {}", None),
        (rf"DELETE FROM {_NAME}\s(.*RETURNING.*)", "changes: {}", None),
        (rf"DELETE FROM {_NAME}\s(.*)", "changes: {}", "SELECT 1 {}"),
        (rf"DROP TABLE {_NAME}()", "changes: {}", None),
        (rf"ALTER TABLE {_NAME} (.*)", "changes: {}", None),
        (r"(COPY) \(\s*(.*)\) TO .*", "makes: a file", "{}"),
        (r"(CALL) (?:lake\.set_option|ducklake_\w+)\((.*)\)", "changes: the lake", None),
        (r"(SET|RESET|PRAGMA|ATTACH) (.*)", "changes: the session", None),
        (r"(SELECT|FROM|WITH)\b(.*)", "makes: rows", None),
    )
)
"""Forms of statements: a pattern of the name and the body, the line in the head, and the body as a query, if any."""


@dataclass(frozen=True)
class Statement:
    """One statement of ``sql/``.

    Attributes:
        name: its path without ``.sql``.
        makes: the line of its head that says what it makes, appends to or changes.
        reads: what it reads, in the order of its head.
    """

    name: str
    makes: str
    reads: tuple[str, ...]

    @property
    def lines(self) -> str:
        """The lines of the head."""
        return f"-- {self.makes}\n-- reads: {', '.join(self.reads) or 'nothing'}\n"

    @property
    def made(self) -> str | None:
        """The object that it makes, appends to or changes; None for rows, files and settings."""
        found = re.fullmatch(r"(?:makes: (?:table|view|macro|index|variable)|appends to:|changes:) (\S+)", self.makes)
        return found[1] if found else None

    @property
    def summary(self) -> str:
        """The first sentence of its head; empty where there is none."""
        prose = []
        for line in sql.load(self.name).splitlines():
            if not line.startswith("-- ") or re.match(r"-- (\w+|appends to): ", line):
                break
            prose.append(line.removeprefix("-- "))
        return re.split(r"(?<=[.:;]) ", " ".join(prose), maxsplit=1)[0].rstrip(":;")


@dataclass(frozen=True)
class Example:
    """The example in the head of a routing step, from its first case.

    Attributes:
        given: columns of rows by table, as YAML; ``nothing``; or the call of a macro.
        expect: columns of rows that the step makes of them, as YAML; or the value of the call, as JSON.
    """

    given: str
    expect: str


def example(name: str) -> Example:
    """Return the example in the head of a statement: its lines ``-- example: …``, with an arrow between the parts."""
    lines = re.findall(r"^-- example: (.*)$", sql.load(name), re.MULTILINE)
    given, _, expect = " ".join(lines).partition(" → ")
    return Example(given, expect)


def names() -> list[str]:
    """Return the names of all statements, sorted."""
    return sorted(path.relative_to(sql.root()).with_suffix("").as_posix() for path in sql.root().rglob("*.sql"))


@cache
def macros() -> frozenset[str]:
    """Return the names of all macros that statements make."""
    found = (re.search(r"^CREATE .*?MACRO (\w+)\(", sql.load(name), re.MULTILINE) for name in names())
    return frozenset(macro[1] for macro in found if macro)


def derive(name: str, text: str) -> Statement:
    """Return what a statement of this text makes and reads.

    Raises:
        ValueError: the text has none of the forms that are known.
    """
    bare = _COMMENT.sub("", text).strip().removesuffix(";")
    for form, line, query in _FORMS:
        if found := form.fullmatch(bare):
            body = bare if line == "makes: rows" else query and query.format(found[2])
            made = found[1].replace('"', "")
            return Statement(name, line.format(made), _reads(bare, body, text))
    raise ValueError(f"{name}: this form of statement is unknown: add it to _FORMS of {Path(__file__).name}")


def stated(name: str) -> str:
    """Return the lines about what a statement makes and reads that its head holds."""
    return "".join(f"{line}\n" for line in sql.load(name).splitlines() if _LINE.fullmatch(line))


def with_lines(statement: Statement, text: str) -> str:
    """Return the text of a statement with its lines at the end of the head, in place of those that it has."""
    lines = [line for line in text.splitlines(keepends=True) if not _LINE.fullmatch(line.rstrip("\n"))]
    head = next((place for place, line in enumerate(lines) if not line.startswith("--")), len(lines))
    return "".join([*lines[:head], statement.lines, *lines[head:]])


def statements() -> list[Statement]:
    """Return all statements, by name."""
    return [derive(name, sql.load(name)) for name in names()]


def _reads(bare: str, body: str | None, text: str) -> tuple[str, ...]:
    tree = _tree(body) if body else {}
    tables = {f"{table.replace(f'{_CATALOG}.', 'catalog.')}" for table in _tables(tree, frozenset())}
    called = {node["function_name"] for node in nodes(tree) if "function_name" in node} & macros()
    variables = {f"variable {found}" for found in re.findall(r"getvariable\('(\w+)'\)", bare)}
    parameters = {f"${found}" for found in duckdb.extract_statements(text)[0].named_parameters}
    return (
        *sorted(tables),
        *(f"{macro}()" for macro in sorted(called)),
        *sorted(variables),
        *sorted(parameters),
    )


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def _tree(query: str) -> dict[str, Any]:
    row = _parser().execute("SELECT json_serialize_sql($query::VARCHAR)", {"query": query}).fetchone()
    tree: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
    if tree["error"]:
        raise ValueError(f"this query cannot be read: {tree}: {query}")
    return tree


def _tables(node: Any, own: frozenset[str]) -> Iterator[str]:
    """Yield the tables that a part of a syntax tree names, but for those of its own that it defines after WITH."""
    if isinstance(node, list):
        for item in node:
            yield from _tables(item, own)
    if not isinstance(node, dict):
        return
    for table in node.get("cte_map", {}).get("map", ()):
        is_recursive = table["value"]["query"]["node"]["type"] == "RECURSIVE_CTE_NODE"
        yield from _tables(table["value"], own | {table["key"]} if is_recursive else own)
        own |= {table["key"]}
    if node.get("type") == "BASE_TABLE":
        name = ".".join(filter(None, (node["catalog_name"], node["schema_name"], node["table_name"])))
        if name not in own:
            yield name
    for key, value in node.items():
        if key != "cte_map":
            yield from _tables(value, own)


def page(found: list[Statement]) -> str:
    """Return the page of the docs that draws the graph of statements."""
    sections = [_INTRODUCTION]
    for folder, purpose in PIPELINES.items():
        inside = [statement for statement in found if statement.name.startswith(f"{folder}/")]
        sections.append(f"## {folder.capitalize()}\n\n{purpose}\n\n{_drawing(folder, inside)}\n\n{_table(inside)}\n")
    others = sorted({statement.name.partition("/")[0] for statement in found} - PIPELINES.keys())
    sections.append("## Other statements\n")
    for folder in others:
        inside = [statement for statement in found if statement.name.startswith(f"{folder}/")]
        sections.append(f"### {folder}\n\n{_table(inside)}\n")
    return "\n".join(sections)


_INTRODUCTION = f"""\
# The graph of SQL statements

<!-- `make docs` writes this page from the heads of the files in sql/ -->

Each file in `sql/` holds one statement. Its head says what the statement makes and what it reads; a test compares both
with the statement's text. This page draws the four pipelines from these heads, and lists every statement.

| in a head | meaning |
|---|---|
| `makes: table flips` | creates the table; likewise `view`, `macro`, `index`, and `variable` (of the session) |
| `makes: rows` | is a query; `a file` where the rows go into one |
| `appends to: lake.runs` | adds rows to the table |
| `changes: signal_states` | takes rows from the table, alters it or drops it |
| `changes: the session` | changes a setting of the session; `the lake`: a setting of the lake, or its files |
| `reads: flips, as_of(), variable data, $target` | tables, views and Arrow tables, then macros, variables, parameters |
| `lake.runs` | an event table of the ledger |
| `catalog.ducklake_table` | a table of DuckLake's own catalog, `{_CATALOG}` |

In the drawings, cylinders are tables, boxes are views, rounded boxes are macros, and slanted boxes are inputs from
outside of the pipeline. Flags are statements that return rows, or change the object of another one. Dotted lines lead
from macros. Parameters are not drawn.
"""
_SHAPES = {"table": '[("{}")]', "view": '["{}"]', "macro": '(["{}"])', "variable": '{{{{"{}"}}}}', "index": '["{}"]'}
_INPUT, _STATEMENT = '[/"{}"/]', '>"{}"]'


def _drawing(folder: str, inside: list[Statement]) -> str:
    """Return a Mermaid flowchart of a folder's statements: one node for each object, and for each other statement."""
    makers: dict[str, list[Statement]] = {}
    for statement in inside:
        if statement.makes.startswith("makes:") and statement.made:
            makers.setdefault(statement.made, []).append(statement)
    shapes: dict[str, str] = {}
    lines: dict[str, None] = {}

    def node(label: str, shape: str) -> str:
        key = re.sub(r"\W", "_", label)
        shapes.setdefault(key, f"    {key}{shape.format(label)}")
        return key

    for name, (first, *_) in makers.items():
        node(name, _SHAPES[first.makes.split()[1]])
    for statement in inside:
        name, made = statement.name.removeprefix(f"{folder}/"), statement.made or ""
        # because an object that several statements make needs a node beside those of the variants
        is_object = makers.get(made) == [statement] or (made in makers and name == made.removesuffix("()"))
        end = node(made, _INPUT) if is_object else node(f"{name}.sql", _STATEMENT)
        for source in statement.reads:
            if source.startswith("$") or (is_object and source == made):
                continue
            label = f"{_CATALOG}.*" if source.startswith("catalog.") else source.removeprefix("variable ")
            arrow = "-.->" if source.endswith("()") else "-->"
            lines[f"    {node(label, _INPUT)} {arrow} {end}"] = None
        if made and not is_object:
            lines[f"    {end} --> {node(made, _INPUT)}"] = None
    return "\n".join(["```mermaid", "flowchart LR", *shapes.values(), *lines, "```"])


def _table(inside: list[Statement]) -> str:
    rows = ["| statement | makes or changes | reads | meaning |", "|---|---|---|---|"]
    for statement in inside:
        reads = ", ".join(f"`{source}`" for source in statement.reads) or "nothing"
        makes = statement.makes.removeprefix("makes: ")
        rows.append(f"| `{statement.name}` | {makes} | {reads} | {statement.summary.replace('|', chr(92) + '|')} |")
    return "\n".join(rows)


def main() -> None:
    """Write the heads of all statements, and the page."""
    for name in names():
        path = sql.root() / f"{name}.sql"
        text = path.read_text(encoding="utf-8")
        path.write_text(with_lines(derive(name, text), text), encoding="utf-8")
    sql.load.cache_clear()
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(statements()), encoding="utf-8")


if __name__ == "__main__":
    main()
