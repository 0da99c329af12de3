"""Interactive shell of ``planstore sql``."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.pager import SystemPager

from planstore.checks.quoting import quoted
from planstore.cli import output
from planstore.cli.console import terminal
from planstore.cli.interrupts import Interrupts, deferred
from planstore.cli.queries import is_command, query_text, relations
from planstore.cli.results import Format, show, write
from planstore.database.query_text import is_ended
from planstore.database.sql_docs import meaning_of
from planstore.errors import PlanstoreError, RequestError
from planstore.training.execution.termination import TerminatedError

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import History
    from prompt_toolkit.key_binding import KeyBindings

    from planstore.api.store import Store
    from planstore.cli.limits import Limits

PROMPT = "planstore> "
CONTINUED = "      ...> "
DEFAULT_LIMIT = 1_000
"""Rows of a table, shown in pages, without ``--limit``."""
HELP = """\
A query can have several lines; `;` and Enter run it. Queries are read-only.
  show tables; .tables  list the views         from runs;          show the rows of a view
  help current_jobs;    explain its columns    describe runs;      show its column types
Tab completes, Up recalls earlier queries, Ctrl-C discards a query, Ctrl-D or `exit` ends the shell."""
_EXIT_COMMANDS = {"exit", "quit"}
_COMMANDS = {"help", *_EXIT_COMMANDS}


class Shell:
    """Shell that reads queries from a terminal and shows their rows until Ctrl-D; errors are printed on one line.

    Args:
        store: the store to query.
        parameters: values of ``$name`` parameters.
        form: output format; a long table is shown in a pager.
        limit: maximum number of rows; None means 1,000 in a table.
        limits: memory and time limits of the queries of one input.
    """

    def __init__(
        self, store: Store, parameters: Mapping[str, str], form: Format, limit: int | None, limits: Limits
    ) -> None:
        if form is Format.PARQUET:
            raise RequestError(
                "the format must be table, csv or json on a terminal, got parquet: add QUERY or --file, and --out FILE"
            )
        self._store = store
        self._parameters = parameters
        self._form = form
        self._limit = limit
        self._limits = limits
        self._words = store.words()

    def run(self) -> None:
        """Read queries and show their rows until the user exits."""
        # because a shell started by a background script inherits an ignored Ctrl-C, and could not interrupt a query
        signal.signal(signal.SIGINT, signal.default_int_handler)
        prompt = self._prompt()
        output.print_line(
            f"Read-only shell on {self._store.results}. End queries with `;`. `help` shows commands, Ctrl-D exits."
        )
        while True:
            try:
                text = _read(prompt)
                if _command(text)[0] in _EXIT_COMMANDS:
                    return
                # only around the query, because the prompt handles Ctrl-C itself
                with Interrupts():
                    self._execute(text)
            except EOFError:
                return
            except TerminatedError:
                raise
            except KeyboardInterrupt:
                self._store.interrupt()
            except PlanstoreError as error:
                output.print_error(_one_line(str(error)))

    def _execute(self, text: str) -> None:
        command, *names = _command(text)
        if command == "help":
            self._explain(*names)
            return
        text = query_text(text)
        bounds = self._limits.bounds()
        with bounds.computing():
            found = relations(self._store, text, self._parameters)
        for relation in found:
            if self._form is Format.TABLE:
                console = terminal()
                with console.pager(_Pager(console.height)):
                    show(relation, console, self._limit or DEFAULT_LIMIT, bounds)
            else:
                write(relation, self._form, self._limit, bounds)

    def _explain(self, name: str = "", *more: str) -> None:
        """Show the commands of the shell, or the documentation of a view or macro and its columns."""
        if not name:
            output.print_line(HELP)
            return
        known = {word for kind, word, *_ in self._words if kind in ("view", "macro", "table macro")}
        if more or name not in known:
            raise RequestError(
                f"the argument of help must be a view or macro, got {quoted(' '.join((name, *more)))}: "
                "`show tables;` lists the views, Tab completes both"
            )
        meaning = meaning_of(name)
        types = {word: kind for _, word, view, kind in self._words if view == name}
        output.print_line(f"{meaning.signature or name}: {meaning.summary}")
        for column, description in meaning.columns().items():
            output.print_line(f"  {column:<20}  {description}" + (f" ({types[column]})" if column in types else ""))

    def _prompt(self) -> PromptSession[str]:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.lexers import PygmentsLexer
        from pygments.lexers.sql import SqlLexer

        from planstore.cli.completion import SqlCompleter

        return PromptSession(
            PROMPT,
            multiline=True,
            prompt_continuation=CONTINUED,
            lexer=PygmentsLexer(SqlLexer),
            completer=SqlCompleter(self._words),
            key_bindings=_keys(),
            history=_history(),
        )


def _read(prompt: PromptSession[str]) -> str:
    """Read an input; SIGTERM and SIGHUP end the prompt first, because an exception in its event loop may be lost."""
    app = prompt.app

    def end() -> None:
        if received and app.future is not None and not app.future.done():
            app.exit(exception=EOFError())

    def on_signal() -> None:
        if app.loop is not None:
            app.loop.call_soon_threadsafe(end)

    descriptor = signal.set_wakeup_fd(-1)
    with deferred((signal.SIGTERM, signal.SIGHUP), on_signal) as received:
        try:
            return prompt.prompt(pre_run=end)
        finally:
            signal.set_wakeup_fd(descriptor)  # because the event loop of the prompt drops it


class _Pager(SystemPager):
    """Pager that opens the user's pager, such as less, only for texts longer than the terminal."""

    def __init__(self, height: int) -> None:
        self._height = height

    def show(self, content: str) -> None:
        """Show a text, in the pager where it is too long."""
        if content.count("\n") < self._height:
            sys.stdout.write(content)
            sys.stdout.flush()
        else:
            super().show(content)


def _command(text: str) -> list[str]:
    """Return the words of an input, of which the first can be a shell command; at least one empty word."""
    return text.strip().rstrip(";").lower().split() or [""]


def _is_whole(text: str) -> bool:
    """Return whether Enter runs the input; otherwise it begins another line."""
    return not text.strip() or _command(text)[0] in _COMMANDS or is_command(text) or is_ended(text)


def _keys() -> KeyBindings:
    from prompt_toolkit.application import get_app
    from prompt_toolkit.filters import Condition, completion_is_selected, is_searching
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    keys = KeyBindings()
    whole = Condition(lambda: _is_whole(get_app().current_buffer.text))

    @keys.add("enter", filter=whole & ~completion_is_selected & ~is_searching)
    def run(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    return keys


def _history() -> History:
    """Return the history of queries, stored in the user's state folder and never in a store."""
    from platformdirs import user_state_path
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    path = user_state_path("planstore") / "sql_history"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.open("ab").close()
    except OSError as error:
        output.print_warning(f"the query history cannot be saved: {path}: {error.strerror}")
        return InMemoryHistory()
    return FileHistory(path)


def _one_line(message: str) -> str:
    """Return a message on one line, without the database's repetition of the query."""
    text = message.partition("\nLINE ")[0]
    return " ".join(text.split())
