"""Progress where standard error is no terminal: plain lines, not too many, and none of verbs that end soon."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

from planstore.cli import progress
from planstore.cli.logs import attach
from planstore.cli.progress import LINE_SECONDS, QUIET_SECONDS, Lines


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    """Attach the handler of a verb, which writes progress on standard error."""
    detach = attach()
    yield
    detach()


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_lines_come_first_after_a_while_and_then_not_too_often() -> None:
    written: list[str] = []
    clock = Clock()
    lines = Lines(written.append, clock)
    for second in range(60):
        clock.now = 100.0 + second
        lines.show(f"training: {second} succeeded")
    lines.finish()
    seconds = [int(line.split()[1]) for line in written]
    assert seconds[0] == QUIET_SECONDS
    assert all(later - earlier >= LINE_SECONDS for earlier, later in pairwise(seconds[:-1]))
    assert seconds[-1] == 59


def test_a_step_that_ends_soon_prints_no_line() -> None:
    written: list[str] = []
    clock = Clock()
    lines = Lines(written.append, clock)
    lines.show("routing: 1 of 2")
    clock.now += QUIET_SECONDS - 1
    lines.show("routing: 2 of 2")
    lines.finish()
    assert written == []


def test_each_step_of_the_demo_prints_its_name_when_it_begins(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.step_bars() as (step, show):
        step("computing features and targets")
        assert capsys.readouterr().err == "planstore: computing features and targets\n"
        show({"running": 1})
        step("training")
        assert capsys.readouterr().err == "planstore: training\n"


def test_a_long_step_without_counts_prints_its_label(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "Timer", _Elapsed)
    with progress.spinner("reading the panel"):
        assert capsys.readouterr().err == "planstore: reading the panel …\n"
    with progress.step_spinner() as step:
        step("merging files")
    assert capsys.readouterr().err == ""


class _Elapsed:
    """A timer whose time is over at once."""

    daemon = False

    def __init__(self, _seconds: float, call: object, arguments: tuple[str, ...]) -> None:
        self._call, self._arguments = call, arguments

    def start(self) -> None:
        assert callable(self._call)
        self._call(*self._arguments)

    def cancel(self) -> None:
        """Do nothing."""
