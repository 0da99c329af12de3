"""Tables fit the terminal without folding or cutting an identifier, and in a pipe nothing is folded or cut."""

from __future__ import annotations

import io
import re
import sys

import pytest

import inputs
from planstore.cli import output

DIGEST = "216fa7bf05ae1fa8e49057ea6c0c24d541be2cb6a774c5280238c5d8b6c3d2ea"
LONG = "y_will_swing_low_10d_0_03_of_a_target_with_a_long_name"
COLUMNS = ("commit", "run", "target", "score", "reason", "digest")
ROWS = [
    (1, "night-1", LONG, 0.5, f"the score of {LONG} is lower than the threshold of the policy", DIGEST),
    (12, "night-2", "y_up", None, "", DIGEST[::-1]),
]


class Terminal(io.StringIO):
    """A terminal that keeps what it shows."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def printed(monkeypatch: pytest.MonkeyPatch, width: int | None, *, rows: bool = False) -> str:
    """Return the table as a terminal of ``width`` columns shows it, or as a pipe gets it."""
    out = io.StringIO() if width is None else Terminal()
    monkeypatch.setenv("COLUMNS", str(width or 80))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdout", out)
    if rows:
        output.print_rows(output.console(), COLUMNS, ROWS)
    else:
        output.print_table("2 commits", COLUMNS, ROWS, least=("digest", "target"))
    return re.sub(r"\x1b\[[\d;]*m", "", out.getvalue())


def test_a_pipe_gets_each_row_on_one_line_with_every_column(monkeypatch: pytest.MonkeyPatch) -> None:
    title, heading, first, second = printed(monkeypatch, None).splitlines()
    assert title == "2 commits"
    assert heading.split() == list(COLUMNS)
    assert first.split() == [str(word) for value in ROWS[0] for word in str(value).split()]
    assert second.split() == ["12", "night-2", "y_up", DIGEST[::-1]]
    assert heading.index("digest") == first.index(DIGEST) == second.index(DIGEST[::-1])
    assert heading.index("commit") + len("commit") == first.index("1") + 1 == second.index("12") + 2


@pytest.mark.parametrize("rows", [False, True])
def test_no_terminal_folds_or_cuts_a_word_or_goes_past_its_edge(monkeypatch: pytest.MonkeyPatch, *, rows: bool) -> None:
    words = {word for row in ROWS for value in row if value is not None for word in str(value).split()}
    for width in (40, 70, 80, 100, 150, 260, 400):
        shown = printed(monkeypatch, width, rows=rows)
        is_block = "row 1 -" in shown
        table, _, left_out = shown.partition("too narrow for ")
        for word in table.replace("2 commits", "").split():
            assert word in words or word in COLUMNS or is_block, (width, word)
        assert is_block or all(len(line.rstrip()) <= width for line in table.splitlines()), width
        named = left_out.partition(":")[0].split(", ")
        for column, value in zip(COLUMNS, ROWS[1], strict=True):
            assert column in named or value in (None, "") or str(value) in table, (width, column)


def test_a_narrow_terminal_leaves_out_the_least_important_columns_and_names_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert printed(monkeypatch, 400).splitlines()[1].split() == list(COLUMNS)
    shown = printed(monkeypatch, 120).splitlines()
    assert shown[1].split() == ["commit", "run", "score", "reason"]
    assert shown[-1].startswith("too narrow for digest, target: ")


def test_a_column_that_is_too_wide_pushes_out_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    out = Terminal()
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdout", out)
    columns = ("job_id", "route", "error", "left_out", "reused_from", "score")
    rows = [("y_up", "ROUTE_SYMBOL", "", "", f"{DIGEST}/y_up", 0.5), ("y_down", "ROUTE_CS", "", "", None, 0.25)]
    title = "2 jobs: 2 succeeded; 1 reused from earlier jobs"
    output.print_table(title, columns, rows, least=("score", "route", "reused_from", "left_out", "error"))
    shown = re.sub(r"\x1b\[[\d;]*m", "", out.getvalue()).splitlines()
    assert shown[0] == title, "a title may be as wide as the terminal"
    assert shown[1].split() == ["job_id", "route", "score"]
    assert shown[4:] == [
        "too narrow for reused_from: a wider terminal, a pipe or --json shows them",
        "left out without a value: left_out, error",
    ]


def test_columns_without_a_value_are_the_first_to_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    out = Terminal()
    monkeypatch.setenv("COLUMNS", "24")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdout", out)
    output.print_table("1 job", ("job_id", "error", "route"), [("y_up", "", "ROUTE_SYMBOL")], least=("route", "error"))
    shown = re.sub(r"\x1b\[[\d;]*m", "", out.getvalue()).splitlines()
    assert [line.split() for line in shown[1:3]] == [["job_id", "route"], ["y_up", "ROUTE_SYMBOL"]]
    assert shown[3:] == ["left out without a value: error"]


@pytest.mark.parametrize("width", [None, 100])
def test_a_table_without_rows_is_its_title(monkeypatch: pytest.MonkeyPatch, width: int | None) -> None:
    out = io.StringIO() if width is None else Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    output.print_table("0 jobs", ("job_id", "route"), [])
    assert re.sub(r"\x1b\[[\d;]*m", "", out.getvalue()) == "0 jobs\n"


def test_a_terminal_shows_the_beginning_of_digests_and_a_pipe_gets_them_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")
    for out, expected in ((io.StringIO(), f"{DIGEST}/y_up"), (Terminal(), f"{DIGEST[:12]}/y_up")):
        monkeypatch.setattr(sys, "stdout", out)
        rows = [("a", f"{DIGEST}/y_up"), ("b", None)]
        output.print_table("2 jobs", ("job_id", "reused_from"), rows, short=("reused_from",))
        shown = re.sub(r"\x1b\[[\d;]*m", "", out.getvalue()).splitlines()
        assert [line.split() for line in shown[2:]] == [["a", expected], ["b"]]


def test_without_a_limit_a_pipe_gets_all_rows_and_a_terminal_fifty(monkeypatch: pytest.MonkeyPatch) -> None:
    assert output.shown_rows(None, 2000) == (2000, "")
    assert output.shown_rows(3, 5) == (3, "2 more; --limit or --json shows them")
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert output.shown_rows(None, 2000) == (50, "1950 more; --limit or --json shows them")
    assert output.shown_rows(None, 50) == (50, "")


@pytest.mark.parametrize("width", [None, 120])
def test_colons_around_a_word_are_no_emoji(monkeypatch: pytest.MonkeyPatch, width: int | None) -> None:
    out = io.StringIO() if width is None else Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    output.print_line("y_:smile:_up")
    output.print_rows(output.console(), ["target"], [["y_:smile:_up"]])
    assert out.getvalue().count("y_:smile:_up") == 2


def test_a_pipe_needs_no_rich_console() -> None:
    code = (
        "import sys; from planstore.cli import output; output.print_line('a'); output.print_table('t', 'a', [[1]]); "
        "sys.exit('rich.console' in sys.modules)"
    )
    done = inputs.python(code)
    assert (done.stdout, done.returncode) == ("a\nt\na\n1\n", 0), done.stderr
