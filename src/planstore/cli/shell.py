"""The interactive shell of ``planstore sql``."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.pager import SystemPager

from planstore.cli import output
from planstore.cli.interrupts import Interrupts
from planstore.cli.queries import relations
from planstore.cli.results import Format, show, write
from planstore.database.query_text import is_ended
from planstore.database.sql_docs import meaning_of
from planstore.errors import PlanstoreError, RequestError

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import History
    from prompt_toolkit.key_binding import KeyBindings

    from planstore.api.store import Store
    from planstore.cli.limits import Limits

PROMPT = "planstore> "
CONTINUED = "      ...> "
ROWS = 1_000
"""Rows that a table shows, page by page, when nobody says how many."""
HELP = """\
A query may take several lines; `;` and Enter run it. It can only read.
  show tables;          the views              from runs;          all of a view
  help current_jobs;    what its columns mean  describe runs;      only their types
Tab completes, Up brings back earlier queries, Ctrl-C drops a query, Ctrl-D or `exit` ends."""
_LEAVING = {"exit", "quit"}
_COMMANDS = {"help", *_LEAVING}


class Shell:
    """Reads queries from a terminal and shows their rows, until Ctrl-D; an error is one line, and it goes on.

    Args:
        store: what is asked.
        parameters: what ``$name`` in a query stands for.
        form: how rows are shown; a long table goes through a pager.
        limit: at most so many rows; a table shows 1,000 when None.
        limits: what the queries of one text may use.
    """

    def __init__(
        self, store: Store, parameters: Mapping[str, str], form: Format, limit: int | None, limits: Limits
    ) -> None:
        if form is Format.PARQUET:
            raise RequestError("parquet is nothing for a terminal: give QUERY or --file, and --output FILE")
        self._store = store
        self._parameters = parameters
        self._form = form
        self._limit = limit
        self._limits = limits
        self._words = store.words()

    def run(self) -> None:
        """Read, run and show until the user leaves."""
        # because one started by a script in the background inherits that Ctrl-C is ignored, and could end no query
        signal.signal(signal.SIGINT, signal.default_int_handler)
        prompt = self._prompt()
        output.print_line(f"Read-only, over {self._store.results}. Queries end with `;`, `help` explains, Ctrl-D ends.")
        while True:
            try:
                text = prompt.prompt()
                if _command(text)[0] in _LEAVING:
                    return
                with Interrupts(
                    {signal.SIGINT: KeyboardInterrupt}
                ):  # because the prompt takes Ctrl-C for itself while it reads
                    self._answer(text)
            except EOFError:
                return
            except KeyboardInterrupt:
                self._store.interrupt()
            except PlanstoreError as error:
                output.print_note(_one_line(str(error)))

    def _answer(self, text: str) -> None:
        command, *names = _command(text)
        if command == "help":
            self._explain(*names)
            return
        if text.lstrip().startswith((".", "\\")):
            raise RequestError("there are no such commands here: `show tables;` lists the views, `help` explains")
        bounds = self._limits.bounds()
        with bounds.computing():
            found = relations(self._store, text, self._parameters)
        for relation in found:
            if self._form is Format.TABLE:
                console = output.console()
                with console.pager(_Pager(console.height)):
                    show(relation, console, self._limit or ROWS, bounds)
            else:
                write(relation, self._form, self._limit, bounds)

    def _explain(self, name: str = "", *more: str) -> None:
        """Show what the shell can do, or what a view or macro and its columns mean."""
        if not name:
            output.print_line(HELP)
            return
        known = {word for kind, word, *_ in self._words if kind in ("view", "macro", "table macro")}
        if more or name not in known:
            raise RequestError("help knows views and macros: `show tables;` lists the views, Tab completes both")
        meaning = meaning_of(name)
        types = {word: kind for _, word, view, kind in self._words if view == name}
        output.print_line(f"{meaning.signature or name}: {meaning.summary}")
        for column, said in meaning.columns().items():
            output.print_line(f"  {column:<20}  {said}" + (f" ({types[column]})" if column in types else ""))

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


class _Pager(SystemPager):
    """Shows a text through the user's pager, as less, when it is longer than the terminal."""

    def __init__(self, height: int) -> None:
        self._height = height

    def show(self, content: str) -> None:
        """Show a text."""
        if content.count("\n") < self._height:
            sys.stdout.write(content)
            sys.stdout.flush()
        else:
            super().show(content)


def _command(text: str) -> list[str]:
    """Return the words of a text, in which those commands are looked for that are no SQL; at least an empty one."""
    return text.strip().rstrip(";").lower().split() or [""]


def _is_whole(text: str) -> bool:
    """Return whether Enter runs a text instead of beginning another line of it."""
    return not text.strip() or _command(text)[0] in _COMMANDS or text.lstrip().startswith((".", "\\")) or is_ended(text)


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
    """Return the user's earlier queries, which are kept in the user's own state folder and never in a store."""
    from platformdirs import user_state_path
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    path = user_state_path("planstore") / "sql_history"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.open("ab").close()
    except OSError as error:
        output.print_note(f"queries are not kept for next time: {path}: {error.strerror}")
        return InMemoryHistory()
    return FileHistory(path)


def _one_line(message: str) -> str:
    """Return what a message says, without the lines in which the database repeats the query."""
    said = message.partition("\nLINE ")[0]
    return " ".join(said.split())
