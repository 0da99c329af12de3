"""Words of bash for the completion: read with their colons, and written with their quotes.

Bash breaks words at colons, and inserts a proposal as it is, without quotes.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, redirect_stdout
from io import StringIO

VARIABLE = "_PLANSTORE_COMPLETE"
"""Environment variable with which a shell requests completion."""
INSTRUCTION = "complete_bash"
_SPECIAL = re.compile(r"([^\w@%+=:,./-])", re.ASCII)
_COLON = re.compile(r"\n?:(\n|$)")


def is_requested() -> bool:
    """Return whether bash requests completion."""
    return os.environ.get(VARIABLE) == INSTRUCTION and "COMP_WORDS" in os.environ


@contextmanager
def bash_words() -> Iterator[None]:
    """Join the words that bash has broken at colons, and quote the proposals that the block prints."""
    word = join_words(os.environ)
    printed = StringIO()
    try:
        with redirect_stdout(printed):
            yield
    finally:
        for proposal in printed.getvalue().splitlines():
            sys.stdout.write(insertion(proposal, word) + "\n")


def join_words(environment: MutableMapping[str, str]) -> str:
    """Join the words of ``COMP_WORDS`` at colons, and return the word before the cursor."""
    words = environment["COMP_WORDS"].split("\n")[: int(environment["COMP_CWORD"]) + 1]
    joined = _COLON.sub(":", "\n".join(words)).split("\n")
    environment["COMP_WORDS"] = "\n".join(joined)
    environment["COMP_CWORD"] = str(len(joined) - 1)
    return joined[-1]


def insertion(proposal: str, word: str) -> str:
    """Return a proposal as bash must insert it in place of ``word``: its part after the last colon, quoted."""
    if word[:1] in ("'", '"'):
        return proposal
    colons = len(re.findall(r"(?<!\\):", word))
    return _SPECIAL.sub(r"\\\1", proposal.split(":", colons)[-1] if colons else proposal)
