"""SQL completion for the shell, from the words of the session's catalog."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from planstore.cli.printable import printable

_AFTER_A_TABLE_WORD = re.compile(r"\b(?:from|join|table|describe|summarize|help)\s+(?:\w+\s*,\s*)*\w*$", re.IGNORECASE)
_TABLES = ("view", "table macro")
_RANKS = {"column": 1, "view": 2, "table macro": 2, "macro": 2, "keyword": 3, "function": 4}


class SqlCompleter(Completer):
    """Completer that proposes views and macros after FROM; elsewhere, columns of the query's views come first.

    Args:
        words: kind, word, view and detail of every word, as rows of ``sql/store/words.sql``.
    """

    def __init__(self, words: Sequence[tuple[str, str, str | None, str | None]]) -> None:
        self._words = words
        self._views = {word for kind, word, *_ in words if kind == "view"}

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """Yield completions of the word before the cursor; on an empty word only after Tab."""
        before = document.text_before_cursor
        prefix = re.search(r"\w*$", before)[0].lower()  # type: ignore[index]
        if not prefix and not complete_event.completion_requested:
            return
        tables_only = _AFTER_A_TABLE_WORD.search(before) is not None
        named = self._views & set(re.findall(r"\w+", document.text.lower()))
        proposed: dict[str, tuple[int, str]] = {}
        for kind, word, view, detail in self._words:
            if word.lower().startswith(prefix) and (kind in _TABLES or not tables_only):
                rank = 0 if view in named else _RANKS[kind]
                proposed[word] = min((rank, _meaning(kind, view, detail)), proposed.get(word, (9, "")))
        for word, (_, meaning) in sorted(proposed.items(), key=lambda item: (item[1][0], item[0])):
            yield Completion(word, -len(prefix), display_meta=printable(meaning))


def _meaning(kind: str, view: str | None, detail: str | None) -> str:
    if kind == "column":
        return f"{view}: {detail}"
    return f"{kind} ({detail})" if detail is not None else kind
