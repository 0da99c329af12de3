"""Runs the commands, sessions and files that the documentation shows: ``python -m pages FOLDER SHARED [PAGE…]``.

``SHARED`` is the folder of :mod:`demo_history`. A page is run in a folder of its own, its fenced blocks in their order:

- ``sh``: one command a line.
- ``console``: commands after ``$ ``, each with the output that must follow, line by line; blanks count once, and ``…``
  stands for any text in a line or, alone, for any lines.
- ``python``: a session that all blocks of the page share; ``text title="Output"`` after it is what it must print.
- any language with another title: a file of that name.
- ``yaml`` and ``json`` without a title: a document that must be readable.
- ``mermaid``: a drawing.
- ``crontab``: not run; like commands in running text, its commands must name verbs and options that exist.
- ``text``: a drawing or a format; it may hold no command.

A command must end with exit code 0, or as its comment ``# exit code N`` says. Blocks inside HTML comments run as well:
they prepare what a reader already has.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import yaml

import demo_history
import forks

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
OUTPUT = "Output"
ELSEWHERE = {
    "pip install": "it would install from a registry",
    "git clone": "it would load a repository",
    "cd": "it goes with the clone",
    "make": "it makes an environment; that the target exists is tested",
    "planstore demo": "it takes minutes; tests/demo/ runs it",
    "planstore init --results results --catalog": "it needs servers; tests/team/ runs it",
    "planstore evidence s3:": "it needs servers; tests/team/ runs it",
    "planstore train s3:": "it needs servers; tests/team/ runs it",
    "planstore predict s3:": "it needs servers; tests/team/ runs it",
    "planstore report": "tests/reference/json_output.py runs it",
    "planstore train panel --executor ray": "it starts a cluster; tests/training/test_ray.py runs it",
}
"""Commands that are not run here, and why."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: its line, language, title and text."""

    line: int
    language: str
    title: str | None
    text: str


@dataclass(frozen=True)
class Command:
    """A command of a block, the output that is shown for it, and the exit code that it must end with."""

    text: str
    shown: list[str]
    code: int


def blocks(page: str) -> list[Block]:
    """Return the fenced blocks of a page.

    Raises:
        ValueError: a fence is not the beginning or end of a block that is understood.
    """
    found = [
        Block(page.count("\n", 0, match.start()) + 1, match[1], match[2], match[3]) for match in BLOCK.finditer(page)
    ]
    fences = sum(line.lstrip().startswith("```") for line in page.splitlines())
    if fences != 2 * len(found):
        raise ValueError(f"each block must begin with ```language and end with ```, unindented: {fences} fences")
    return found


def commands(block: Block) -> list[Command]:
    """Return the commands of a ``sh`` or ``console`` block."""
    found: list[tuple[str, list[str]]] = []
    for line in block.text.replace("\\\n", " ").splitlines():
        if block.language == "sh" and line.strip():
            found.append((line, []))
        elif line.startswith("$ "):
            found.append((line.removeprefix("$ "), []))
        elif block.language == "console":
            found[-1][1].append(line)
    return [
        Command(
            re.sub(r"\s+# .*", "", text).strip(),
            shown,
            int(code[1]) if (code := re.search(r"# exit code (\d+)", text)) else 0,
        )
        for text, shown in found
    ]


def matches(shown: list[str], printed: str) -> bool:
    """Return whether ``printed`` is what a page shows, with any text in place of ``…``."""
    pattern = "".join(
        r"(?:.*\n)*" if line.strip() == "…" else re.escape(_plain(line)).replace("…", ".*") + r"\n" for line in shown
    )
    return re.fullmatch(pattern, "".join(_plain(line) + "\n" for line in printed.splitlines())) is not None


def named_commands(page: str) -> Iterator[str]:
    """Yield the commands that are named in running text and crontabs, as ``planstore verify --anchor``."""
    yield from (" ".join(found.split()) for found in re.findall(r"`(planstore [^`]*)`", BLOCK.sub("", page)))
    for block in blocks(page):
        if block.language == "crontab":
            yield from re.findall(r"planstore [a-z].*", block.text)


def _plain(line: str) -> str:
    return " ".join(line.split())


class PageRun:
    """A page that is run in the working folder."""

    def __init__(self, shared: Path) -> None:
        self._shared = shared
        self._names: dict[str, object] = {"__name__": "__main__"}
        self._printed: str | None = None

    def problems(self, page: str) -> Iterator[str]:
        """Yield what on a page is not as it says, with its line."""
        for block in blocks(page):
            printed, self._printed = self._printed, None
            for problem in self._block(block, printed):
                yield f"line {block.line}: {problem}"

    def _block(self, block: Block, printed: str | None) -> Iterator[str]:
        if block.title and block.title != OUTPUT:
            Path(block.title).parent.mkdir(parents=True, exist_ok=True)
            Path(block.title).write_text(block.text, encoding="utf-8")
        elif block.language in ("sh", "console"):
            for command in commands(block):
                yield from self._command(command)
        elif block.language == "python":
            failure = ""
            with redirect_stdout(io.StringIO()) as output, warnings.catch_warnings(action="error"):
                try:
                    exec(compile(block.text, "<page>", "exec"), self._names)
                except BaseException:  # noqa: BLE001 because the failure is reported with its page
                    failure = traceback.format_exc()
            self._printed = output.getvalue()
            if failure:
                yield failure
        elif block.title == OUTPUT:
            if printed is None or not matches(block.text.splitlines(), printed):
                yield f"the session printed\n{printed}"
        elif block.language == "yaml":
            yaml.safe_load(block.text)
        elif block.language == "json":
            json.loads(block.text)
        elif block.language in ("crontab", "mermaid"):
            pass
        elif block.language != "text" or re.search(r"^(\$|planstore|import) ", block.text, re.MULTILINE):
            yield f"a block of {block.language} must be understood and, of text, hold no command"

    def _command(self, command: Command) -> Iterator[str]:
        if command.text == demo_history.COMMAND:
            code, printed, errors = 0, demo_history.copy(self._shared, Path(demo_history.RESULTS)), ""
        elif any(command.text.startswith(known) for known in ELSEWHERE):
            return
        else:
            code, printed, errors = _run(command.text)
        if code != command.code:
            yield f"{command.text}: exit code {code}\n{errors}"
        if command.shown and not matches(command.shown, printed):
            yield f"{command.text} printed\n{printed}"


def _run(command: str) -> tuple[int, str, str]:
    """Run a command in a shell, its verbs as forks, and return its exit code, output and errors."""
    path = f"{Path(forks.planstore()).parent}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=False, env=os.environ | {"PATH": path}
    )
    return done.returncode, done.stdout, done.stderr


def problems(pages: list[Path], folder: Path, shared: Path) -> list[str]:
    """Run pages below ``folder`` and return what is not as they say."""
    found = []
    for number, page in enumerate(pages):
        place = folder / str(number)
        place.mkdir()
        os.chdir(place)
        run = PageRun(shared)
        name = page.relative_to(ROOT) if page.is_relative_to(ROOT) else page
        found += [f"{name}, {problem}" for problem in run.problems(page.read_text(encoding="utf-8"))]
    return found


if __name__ == "__main__":
    forks.use()
    place, shared, *chosen = (Path(name).resolve() for name in sys.argv[1:])
    print("\n".join(problems(chosen or list(PAGES), place, shared)))  # noqa: T201
