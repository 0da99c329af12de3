"""The reference of the command line, from the commands themselves."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from functools import cache

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup

from planstore.cli.verbs import app
from reference.markdown import table


@cache
def verbs() -> Mapping[str, TyperCommand | TyperGroup]:
    """Return every command by its words, such as ``planstore override set``."""
    return dict(_commands(typer.main.get_command(app), "planstore"))


@cache
def options_of_every_verb() -> Mapping[str, int]:
    """Return the number of values of each option that stands before the verb."""
    group = typer.main.get_command(app)
    return {name: int(not getattr(one, "is_flag", False)) for one in group.params for name in one.opts}


def text() -> str:
    """Return a heading for each verb, with its usage, meaning, arguments and options."""
    return "\n\n".join(part for words, verb in verbs().items() for part in _section(words, verb))


def _commands(command: object, words: str) -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    if isinstance(command, TyperGroup):
        if command.invoke_without_command:
            yield words, command
        for name, inner in command.commands.items():
            yield from _commands(inner, f"{words} {name}")
    elif isinstance(command, TyperCommand):
        yield words, command


def _section(words: str, verb: TyperCommand | TyperGroup) -> Iterator[str]:
    context = typer.Context(verb, info_name=words, terminal_width=1000, max_content_width=1000)
    records = [(one, record) for one in verb.params if (record := one.get_help_record(context))]
    arguments = [record for one, record in records if isinstance(one, TyperArgument)]
    options = [record for one, record in records if not isinstance(one, TyperArgument)]
    yield f"## {words}"
    yield inspect.cleandoc(verb.help or "")
    yield f"```text\n{verb.get_usage(context)}\n```"
    if arguments:
        yield table(("argument", "meaning"), map(_row, arguments))
    yield table(("option", "meaning"), map(_row, options))


def _row(record: tuple[str, str]) -> tuple[str, str]:
    name, meaning = record
    return f"`{name}`", meaning.replace("[", "\\[").replace("<", "&lt;")
