"""The shell of ``planstore sql``, at a pseudo-terminal as a person has it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pexpect
import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

import inputs
import planstore
import samples
from planstore import JobStatus
from planstore.cli.completion import SqlCompleter

PLANSTORE = str(Path(sys.executable).with_name("planstore"))
PROMPT = "planstore>"
READING = "\x1b[?2004h"
"""What the shell writes when it begins to read keys, just before its prompt, and at no other time."""
TAKEN = "\x1b[?2004l"
"""What it writes when it has stopped reading them: a query is taken, and Ctrl-C is a signal and no longer a key."""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shell") / "results"
    with planstore.open(folder) as store:
        run = store.route(samples.table(samples.records()), samples.policy(), run_id="first")
        with store.training.status_writer() as writer:
            writer.record(JobStatus(run.plan_id, run.plan.jobs[0]["job_id"], "failed", error="[red]a\x1b[31mb\nc"))
    return folder


class Terminal:
    """A terminal of 40 lines and 120 columns in which the shell runs."""

    def __init__(self, child: Any) -> None:
        self._child = child
        self.seen = ""

    def type(self, keys: str) -> None:
        """Press keys."""
        self._child.send(keys)

    def ask(self, query: str, *shown: str) -> None:
        """Type a query, and wait until these texts are shown, one after the other, and the next prompt."""
        self.type(query + "\r")
        for text in (*shown, PROMPT):
            self.wait(text)

    def wait(self, text: str) -> None:
        """Wait until a text is shown."""
        self._child.expect_exact(text)
        self.seen += self._child.before + self._child.after

    def insist(self, keys: str, text: str) -> None:
        """Press keys until a text is shown, as people do; what is pressed at the turn of two prompts may be lost."""
        for _ in range(60):
            self.type(keys)
            if self._child.expect_exact([text, pexpect.TIMEOUT], timeout=2) == 0:
                return
        pytest.fail(f"{text!r} was not shown, however often {keys!r} was pressed")

    def terminate(self, sent: signal.Signals = signal.SIGTERM, then: Callable[[], object] = lambda: None) -> int:
        """Send a signal, do what lets the shell end, and return its exit code."""
        self._child.kill(sent)
        then()
        self._child.expect_exact(pexpect.EOF)
        self.seen += self._child.before
        self._child.close()
        return int(self._child.exitstatus)

    def leave(self, keys: str = "\x04") -> int:
        """Press keys that end the shell, and return its exit code."""
        self.type(keys)
        self._child.expect_exact(pexpect.EOF)
        self._child.close()
        return int(self._child.exitstatus)


@contextmanager
def shell(
    results: Path, home: Path, *arguments: str, at_start: Callable[[], object] | None = None, **environment: str
) -> Iterator[Terminal]:
    child = pexpect.spawn(
        PLANSTORE,
        ["sql", "--results", str(results), *arguments],
        env=os.environ | {"XDG_STATE_HOME": str(home), "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"} | environment,
        dimensions=(40, 120), encoding="utf-8", timeout=120, preexec_fn=at_start,
    )  # fmt: skip
    terminal = Terminal(child)
    try:
        terminal.wait(PROMPT)
        yield terminal
    finally:
        child.close(force=True)


def test_a_session_with_a_wrong_query_a_long_one_and_help(results: Path, tmp_path: Path) -> None:
    before = inputs.snapshot(results)
    with shell(results, tmp_path) as terminal:
        terminal.ask("select nonsense from runs;", "Candidate bindings")
        terminal.ask("drop table runs;", "DROP is not allowed here")
        terminal.ask(".schema", "`show tables` lists the views")
        terminal.type("select run_id,\r")
        terminal.wait("...>")
        terminal.ask("'a;b' as text from runs; -- done;", "first   a;b")
        terminal.ask("help", "recalls earlier queries")
        terminal.ask("help current_jobs", "`planned` until a worker claims it")
        terminal.ask("help plan_diff;", "The changes from plan a to plan b")
        terminal.ask("help nonsense", "must be a view or macro")
        terminal.ask("select 'one' || 1 as a; select 'two' || 2 as b;", "one1", "two2")
        terminal.ask("select $a;", "$a must have a value")
        assert terminal.leave() == 0
    assert "Traceback" not in terminal.seen
    assert inputs.snapshot(results) == before


def test_queries_are_remembered_by_the_user_and_not_by_the_store(results: Path, tmp_path: Path) -> None:
    with shell(results, tmp_path) as terminal:
        terminal.ask("select 6 * 7 as answer;", "42")
        assert terminal.leave() == 0
    assert "+select 6 * 7 as answer;" in (tmp_path / "planstore" / "sql_history").read_text(encoding="utf-8")
    with shell(results, tmp_path) as terminal:
        terminal.type("\x1b[A")
        terminal.ask("", "42")
        assert terminal.leave("exit\r") == 0
    assert not [path for path in results.rglob("*") if "history" in path.name]


def test_where_nothing_can_be_kept_it_works_all_the_same(results: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with shell(results, tmp_path / "file") as terminal:
        assert "the query history cannot be saved" in terminal.seen
        terminal.ask("select 6 * 7;", "42")
        assert terminal.leave() == 0


@pytest.mark.parametrize("started", [signal.SIG_DFL, signal.SIG_IGN], ids=["by a person", "in the background"])
def test_tab_completes_and_ctrl_c_drops_a_query(results: Path, tmp_path: Path, started: signal.Handlers) -> None:
    with shell(results, tmp_path, at_start=lambda: signal.signal(signal.SIGINT, started)) as terminal:
        terminal.type("select 'n=' || count(*) as n from latest_r")
        terminal.wait("latest_run")
        terminal.type("\t")
        terminal.ask(";", "n=1")
        terminal.type("select nothing")
        terminal.type("\x03")
        terminal.wait(READING)
        terminal.wait(PROMPT)
        terminal.type("select count(*) from range(100000000000) t(x) where x % 7 = 3;\r")
        terminal.wait(TAKEN)
        terminal.insist("\x03", READING)
        terminal.ask("select 6 * 7;", "42")
        assert terminal.leave() == 0


@pytest.mark.parametrize("query", ["", "select count(*) from range(100000000000) t(x) where x % 7 = 3;\r"])
def test_sigterm_ends_the_shell_at_its_prompt_and_in_a_query(results: Path, tmp_path: Path, query: str) -> None:
    with shell(results, tmp_path) as terminal:
        if query:
            terminal.type(query)
            terminal.wait(TAKEN)
        assert terminal.terminate() == 143
    assert "ended by SIGTERM" in terminal.seen
    assert "Traceback" not in terminal.seen


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_whose_exception_a_pager_swallows_ends_the_shell_with_the_pager(
    results: Path, tmp_path: Path, sent: signal.Signals, code: int
) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    pager = f"sh -c 'echo paging; cat {gate}'"
    with shell(results, tmp_path, at_start=lambda: signal.signal(sent, signal.SIG_DFL), PAGER=pager) as terminal:
        terminal.type("from range(1000);\r")
        terminal.wait("paging")
        assert terminal.terminate(sent, lambda: gate.write_text("", encoding="utf-8")) == code
    assert f"ended by {sent.name}" in terminal.seen


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_prompt_after_others(results: Path, tmp_path: Path, sent: signal.Signals) -> None:
    with shell(results, tmp_path, at_start=lambda: signal.signal(sent, signal.SIG_DFL)) as terminal:
        terminal.ask("select 6 * 7;", "42")
        terminal.type("select half a que")
        terminal.wait("que")
        assert terminal.terminate(sent) == 128 + sent
    assert f"ended by {sent.name}" in terminal.seen
    assert "Traceback" not in terminal.seen


def test_dot_tables_lists_the_views_as_show_tables_does(results: Path, tmp_path: Path) -> None:
    with shell(results, tmp_path, PAGER="cat") as terminal:
        for command in (".tables", "show tables;"):
            terminal.ask(command, "artifacts", "current_decisions", "trained_models")
        assert terminal.leave() == 0


@pytest.mark.parametrize("pager", ["head -1", "no_such_pager"])
def test_a_pager_that_ends_early_does_not_end_the_shell(results: Path, tmp_path: Path, pager: str) -> None:
    with shell(results, tmp_path, PAGER=pager) as terminal:
        terminal.ask("select i, repeat('x', 100) as text from range(1000) t(i);")
        terminal.ask("select 6 * 7;", "42")
        assert terminal.leave() == 0
    assert "Traceback" not in terminal.seen
    assert terminal.seen.count("xxxx") < 100


def test_a_long_table_is_paged_and_a_short_one_is_not(results: Path, tmp_path: Path) -> None:
    with shell(results, tmp_path, "--limit", "500", PAGER="wc -l") as terminal:
        terminal.ask("from range(1000);", "502")
        terminal.ask("select 6 * 7;", "42")


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_what_is_recorded_cannot_act_on_the_terminal(results: Path, tmp_path: Path, form: str) -> None:
    with shell(results, tmp_path, "--format", form) as terminal:
        terminal.ask('select error, 1 as "[bold]" from current_jobs where error is not null;', "[red]a")
        assert terminal.leave() == 0
    assert "\x1b[31mb" not in terminal.seen


def test_two_shells_see_what_a_writer_records_meanwhile(results: Path, tmp_path: Path) -> None:
    with shell(results, tmp_path) as one, shell(results, tmp_path) as two, planstore.open(results) as store:
        had = len(store.sql("from runs").fetchall())
        for number in range(1, 3):
            store.route(samples.table(samples.records(seed=number + 10)), samples.policy())
            store.maintenance.compact()
            for terminal in (one, two):
                terminal.ask("select 'n=' || count(*) as n from runs;", f"n={had + number}")
        assert (one.leave(), two.leave()) == (0, 0)
        assert store.integrity.verify().holds


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--results", "none"), "there is no store in "),
        (("--format", "parquet"), "must be table, csv or json on a terminal, got parquet"),
        (("select 1", "--format", "parquet"), "must be table, csv or json on a terminal, got parquet"),
        (("--output", "x.csv"), "--out must have a query, got none: add QUERY or --file"),
    ],
)
def test_a_shell_that_cannot_be_says_so(results: Path, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    child = pexpect.spawn(
        PLANSTORE, ["sql", "--results", str(results), *arguments], cwd=str(tmp_path), encoding="utf-8", timeout=60
    )
    child.expect_exact(pexpect.EOF)
    child.close()
    assert (child.exitstatus, said in child.before.replace("\r\n", "\n")) == (2, True)
    assert list(tmp_path.iterdir()) == []


def completions(completer: SqlCompleter, text: str, *, asked: bool = False) -> list[str]:
    found = completer.get_completions(Document(text), CompleteEvent(completion_requested=asked))
    return [completion.text for completion in found]


def test_completions_come_from_the_catalog_and_the_likeliest_first(results: Path) -> None:
    with planstore.open(results) as store:
        completer = SqlCompleter(store.words())
    assert completions(completer, "from cur") == ["current_decisions", "current_jobs", "current_plan"]
    assert completions(completer, "from plan_d") == ["plan_diff", "plan_documents"]
    assert completions(completer, "from runs, hi") == ["history"]
    assert completions(completer, "help plan_pro") == ["plan_problems", "plan_progress"]
    assert completions(completer, "select ro")[0] == "route"
    assert completions(completer, "FROM runs WHERE st")[0] == "started_at"
    assert completions(completer, "from candidates where sta")[:2] == ["stability", "stability_metrics"]
    assert "should_train" in completions(completer, "select sho")
    assert "group" in completions(completer, "from runs gr")
    assert completions(completer, "from runs ") == []
    assert completions(completer, "from ", asked=True)[0] == "artifacts"
