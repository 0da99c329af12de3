"""``planstore sql`` without a person: what comes in, in which form rows go out, and that they stream."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import planstore
import samples
from planstore import JobStatus, PlanstoreError
from planstore.cli.verbs import app

PLANSTORE = str(Path(sys.executable).with_name("planstore"))
NASTY = "[red]x[/red]\x1b[31m\nnext \u202e\u009b"
TEXT = "a text of fifty characters, the same in every row"
ROWS = "select i, '{text}' as s, [i] as l from range({rows}) t(i) limit {rows}"


class Answer(NamedTuple):
    stdout: str
    stderr: str


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sql") / "results"
    with planstore.open(folder) as store:
        run = store.route(
            samples.table([samples.record("y_up_5d", None, 0.9), samples.record("y_up_5d", "[b]", 0.9)]),
            samples.policy(),
        )
        with store.training.status_writer() as writer:
            writer.record(JobStatus(run.plan_id, run.plan.jobs[0]["job_id"], "failed", worker="[red]", error=NASTY))
    return folder


def sql(results: Path, *arguments: str | Path, given: str = "", code: int = 0) -> Answer:
    """Call ``planstore sql`` in this process, where an error of ours is raised and not yet printed."""
    done = CliRunner().invoke(app, ["sql", *map(str, arguments), "--results", str(results)], input=given)
    if isinstance(done.exception, PlanstoreError):
        assert code == 2
        return Answer(done.stdout, str(done.exception))
    assert done.exit_code == code, done.output
    return Answer(done.stdout, done.stderr)


def test_a_command_of_other_shells_is_answered_or_refused_with_what_does_the_same(results: Path) -> None:
    views = sql(results, "show tables", "--json")
    assert "current_jobs" in views.stdout
    assert [sql(results, ".tables", "--json"), sql(results, "--json", given=" .tables;\n")] == [views, views]
    for wrong in (".schema", "\\d", ".tables\nfrom runs"):
        said = sql(results, wrong, code=2).stderr
        assert f"must be .tables and stand alone, got {wrong!r}: `show tables` lists" in said


def test_queries_come_as_an_argument_from_a_file_or_from_standard_input(results: Path, tmp_path: Path) -> None:
    file = tmp_path / "two.sql"
    file.write_text("-- how many\nselect count(*) as runs from runs;\nselect 'two;' as n", encoding="utf-8")
    two = sql(results, "-f", file, "--json").stdout
    assert two == '[\n{"runs":1}\n]\n[\n{"n":"two;"}\n]\n'
    assert sql(results, "--json", given=file.read_text(encoding="utf-8")).stdout == two
    assert sql(results, "-f", "-", "--json", given=file.read_text(encoding="utf-8")).stdout == two
    assert "two;" in sql(results, "-f", file).stdout


def test_parameters_are_texts_and_only_those_that_are_named_are_taken(results: Path) -> None:
    query = "select $a as a, $n::int + 1 as n, run_id from runs where commit_id = $n"
    rows = json.loads(
        sql(results, query, "--param", "a=x'; drop table runs; -- = [red]", "--param", "n=1", "--json").stdout
    )
    assert [(row["a"], row["n"]) for row in rows] == [("x'; drop table runs; -- = [red]", 2)]
    named = json.loads(sql(results, "select $query as q", "--param", "query=1", "--json").stdout)
    assert named == [{"q": "1"}]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["select $a"], "$a must have a value, got none: add --param a=VALUE"),
        (["select $a", "--param", "a=1", "--param", "b=2"], "no query uses $b"),
        (["select 1", "--param", "nonsense"], "--param must be NAME=VALUE, got 'nonsense'"),
        (["select 1", "-f", "x.sql"], "QUERY must be without --file, got both"),
        (["select 1", "--json", "--format", "csv"], "--json must be without another --format, got csv"),
        (["-f", "no such file"], "cannot be read: No such file"),
        ([], "must have at least one query, got none"),
        (["/* nothing */"], "must have at least one query, got none"),
        (["select 1; select 2", "--format", "csv"], "a csv file must have the rows of one query, got 2"),
        (["select 1; selec 2"], "syntax error"),
        (["select 1; select nonsense from runs"], "nonsense"),
        (["select 1", "--format", "xlsx"], "'xlsx' is not one of"),
        (["select 1", "--limit", "0"], "--limit"),
        (["select interval 3 days as i", "--format", "parquet"], "write it as text"),
        (["select (i || 'a')::int from range(3) t(i)", "--format", "csv"], "Could not convert string"),
    ],
)
def test_a_wrong_call_gets_one_error_and_prints_nothing(results: Path, arguments: list[str], said: str) -> None:
    done = sql(results, *arguments, code=2)
    assert said in done.stderr
    assert done.stdout == ""


def test_a_file_is_there_when_it_is_whole_and_otherwise_as_it_was(results: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    sql(results, "select 1 as a", "-o", out)
    assert out.read_text(encoding="utf-8") == '"a"\n1\n'
    wrong = "select if(i > 300000, (i || 'a')::int, 1) as a from range(300100) t(i)"
    sql(results, wrong, "-o", out, code=2)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]
    assert out.read_text(encoding="utf-8") == '"a"\n1\n'
    sql(results, "select 1", "-o", tmp_path / "none" / "x.csv", code=2)
    sql(results, "select 1", "-o", tmp_path, code=2)


def test_a_device_is_written_to_and_not_replaced(results: Path) -> None:
    command = [PLANSTORE, "sql", "select 1 as a", "--format", "csv", "-o", "/dev/stdout", "--results", str(results)]
    assert subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout == '"a"\n1\n'


def test_the_ending_of_the_file_means_a_format_unless_one_is_given(results: Path, tmp_path: Path) -> None:
    for name, begins in (("a.json", "[\n"), ("a.csv", '"a"'), ("a.parquet", "PAR1"), ("a.txt", "a\n")):
        sql(results, "select 7 as a", "-o", tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(begins.encode())
    sql(results, "select 7 as a", "-o", tmp_path / "a.txt", "--format", "json")
    assert json.loads((tmp_path / "a.txt").read_text(encoding="utf-8")) == [{"a": 7}]


def test_no_file_is_written_into_the_store(results: Path, tmp_path: Path) -> None:
    catalog = (results / "planstore" / "catalog.sqlite").read_bytes()
    (tmp_path / "link").symlink_to(results / "planstore")
    for place in (
        results / "planstore",
        tmp_path / "link",
        tmp_path / ".." / results.parent.name / "results" / "planstore",
    ):
        assert "inside the store" in sql(results, "select 1", "-o", place / "catalog.sqlite", code=2).stderr
    assert (results / "planstore" / "catalog.sqlite").read_bytes() == catalog


def test_every_format_holds_what_the_query_gives(results: Path, tmp_path: Path) -> None:
    query = (
        "select 1 as a, null as a, '' as empty, $text as name, [1, null] as l, {'x': 'y'} as s, 'NaN'::double as nan, "
        "'\\xAA'::blob as b, interval 3 days as i, 5::hugeint as h, "
        "timestamptz '2025-01-02 03:04:05Z' as t, true as yes"
    )
    given = ("--param", f"text={NASTY}")
    rows = list(csv.reader(io.StringIO(sql(results, query, *given, "--format", "csv").stdout, newline="")))
    assert rows[0] == ["a", "a_1", "empty", "name", "l", "s", "nan", "b", "i", "h", "t", "yes"]
    assert rows[1][:6] == ["1", "", "", NASTY, "[1,null]", '{"x":"y"}']
    assert rows[1][7:] == ["\\xAA", "3 days", "5", "2025-01-02 03:04:05+00", "true"]
    found = json.loads(sql(results, query, *given, "--format", "json").stdout)[0]
    assert found["name"] == NASTY
    assert (found["a"], found["a_1"], found["empty"], found["l"], found["nan"]) == (1, None, "", [1, None], "NaN")
    out = tmp_path / "x.parquet"
    sql(results, query.replace("interval 3 days as i", "1 as i"), *given, "-o", out)
    (row,) = pq.read_table(out).to_pylist()
    assert (row["name"], row["l"], row["s"], row["a_1"]) == (NASTY, [1, None], {"x": "y"}, None)


def test_an_empty_result_still_has_its_columns(results: Path, tmp_path: Path) -> None:
    assert sql(results, "select 1 as a where false", "--format", "csv").stdout == '"a"\n'
    assert sql(results, "select 1 as a where false", "--json").stdout == "[]\n"
    sql(results, "select 1 as a where false", "-o", tmp_path / "x.parquet")
    assert pq.read_table(tmp_path / "x.parquet").column_names == ["a"]
    assert sql(results, "select 1 as a where false").stdout.strip() == "a"


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_limit_is_kept_in_every_format(results: Path, tmp_path: Path, form: str) -> None:
    out = tmp_path / f"x.{form}"
    sql(results, "from range(300000)", "--limit", "200001", "-o", out)
    if form == "parquet":
        assert pq.read_metadata(out).num_rows == 200_001
    else:
        lines = out.read_text(encoding="utf-8").splitlines()
        assert len(lines) - (1 if form == "csv" else 2) == 200_001


@pytest.mark.parametrize(("form", "times"), [("csv", 1), ("json", 5), ("parquet", 1)])
def test_memory_does_not_grow_with_the_rows(results: Path, tmp_path: Path, form: str, times: int) -> None:
    def kilobytes(rows: int) -> int:
        # because a row of JSON takes longer than a longer row
        query = ROWS.format(text=TEXT * times, rows=rows // times)
        command = [PLANSTORE, "sql", query, "-o", f"{tmp_path}/x.{form}", "--results", str(results)]
        child = subprocess.Popen(command)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode == 0
        return usage.ru_maxrss

    few, many = kilobytes(100_000), kilobytes(500_000)
    assert many - few < 20_000, "400,000 rows of over 100 bytes are 40 MB"


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_a_reader_that_has_seen_enough_ends_it_quietly(results: Path, form: str) -> None:
    for reader in ("head -1", "true"):
        rows = "select repeat(1::text, 99) from range(2000)"
        query = f"{PLANSTORE} sql '{rows}' --limit 2000 --format {form} --results {results}"
        done = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {query} | {reader}"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (141, "")


def test_a_wide_result_is_shown_one_value_a_line(results: Path) -> None:
    lines = [line.strip() for line in sql(results, "from current_jobs where error is not null").stdout.splitlines()]
    assert lines[0].startswith("row 1 ---")
    assert "worker             [red]" in lines
    assert r"error              [red]x[/red]\x1b[31m\nnext \u202e\x9b" in lines


def test_a_plan_of_the_database_is_shown_as_it_is_drawn(results: Path) -> None:
    assert "┌───" in sql(results, "explain from runs").stdout.splitlines()[0]
    assert "[\n" in sql(results, "explain from runs", "--json").stdout


def test_names_of_columns_and_keys_cannot_act_either(results: Path) -> None:
    shown = sql(results, "select 1 as \"[red]\x1b[31m\", map {'\x1b[32m': '\x1b[33m'} as m, ['\x1b[34m'] as l").stdout
    assert "\x1b" not in shown
    for text in ("[red]\\x1b[31m", "'\\x1b[32m'='\\x1b[33m'", "\\x1b[34m"):
        assert text in shown
