"""Numbers that people read have one format, with equal decimals within a column."""

from __future__ import annotations

import io
import sys

import pytest

from planstore.checks.number_text import aligned_numbers, column_texts, number_text
from planstore.checks.value_text import value_text
from planstore.cli import output
from planstore.pages.answers import ResultRows


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.77191139017974242, "0.771911"),
        (0.7, "0.7"),
        (15060.0, "15060"),
        (1234567.0, "1234567"),
        (0.1 + 0.2, "0.3"),
        (-0.0001234567, "-0.000123457"),
        (1e20, "1e+20"),
        (float("nan"), "nan"),
    ],
)
def test_a_number_has_six_digits_and_no_exponent_where_it_needs_none(value: float, text: str) -> None:
    assert number_text(value) == value_text(value) == text


def test_a_truth_value_is_written_as_in_policies() -> None:
    assert value_text([True, False]) == "true, false"


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.77191139017974242, 0.7, None, 12], ["0.771911", "0.700000", None, None]),
        ([0.7, 0.712], ["0.700", "0.712"]),
        ([0.5, 0.25], ["0.50", "0.25"]),
        ([13.2934, 8.5591234, -0.5], ["13.2934", "8.5591", "-0.5000"]),
        ([90380.0, 0.651417], ["90380", "0.651417"]),
        ([0.0, 0.0], ["0", "0"]),
        ([-0.001, -0.023, float("inf")], ["-0.001", "-0.023", "inf"]),
        ([0.5, 0.00000012345], ["0.5", "1.2345e-07"]),
        ([1e18, 0.5], ["1e+18", "0.5"]),
        ([True, "0.5", 3], [None, None, None]),
        ([], []),
    ],
)
def test_the_numbers_of_a_column_have_equal_decimals(values: list[object], texts: list[str | None]) -> None:
    assert column_texts(values) == texts


def test_numbers_among_words_have_one_width() -> None:
    assert aligned_numbers([0.65, "STABLE", 90380, None, 0.5]) == [" 0.65", "STABLE", "90380", None, " 0.50"]


def test_every_kind_of_table_shows_them_so(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    output.print_table("", ("job", "score"), [("a", 0.77191139017974242), ("b", 0.7), ("c", "no score")])
    assert out.getvalue().splitlines() == ["job     score", "a    0.771911", "b    0.700000", "c    no score"]
    table = ResultRows([{"job": "a", "score": 0.77191139017974242}, {"job": "b", "score": 0.7}], "2 jobs")
    assert str(table).splitlines()[1:] == ["job     score", "a    0.771911", "b    0.700000"]
    assert '<td style="text-align:right">0.700000</td>' in table._repr_html_()


def test_rows_of_a_query_keep_all_digits_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    output.print_rows(output.console(), ("score",), [(0.7719113901797424,), (0.7,)])
    assert [line.strip() for line in out.getvalue().splitlines()] == ["score", "0.7719113901797424", "0.7"]
