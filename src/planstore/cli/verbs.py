"""All verbs of the command line, one per file. The module of a verb is imported when the verb is called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from planstore.checks.quoting import quoted
from planstore.checks.texts import is_recordable
from planstore.cli.argument_completion import project_defaults
from planstore.cli.exit import exit_on_broken_pipe
from planstore.cli.hooked_commits import commit_hooks
from planstore.cli.hooks import NO_HOOKS, Hooks
from planstore.cli.logs import attach, attached, chosen_level, configure
from planstore.cli.options import is_typed
from planstore.cli.project import DEFAULTS, find_project
from planstore.cli.verb_groups import EXAMPLES, GROUPS, VERBS
from planstore.errors import RequestError
from planstore.version import __version__

UsageError: Any = typer.BadParameter.__base__
"""The error of a call that names no verb or option, or lacks an argument."""
MAX_HELP_WIDTH = 120
"""Maximum width of the help in characters; it is as wide as the terminal below that."""
MAX_SUMMARY = 1000
"""Maximum characters of a verb's summary, its first sentence: so many that none is cut."""


class _VerbsByName(Mapping[str, Any]):
    """The commands of all verbs, each made on first use, because reading the options of all takes as long as a verb."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(VERBS)

    def __len__(self) -> int:
        return len(VERBS)

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            if name not in VERBS:
                raise KeyError(name)
            self._made[name] = _command(name)
        return self._made[name]


def _command(name: str) -> Any:
    """Return the command of a verb: its module has a function ``command``, or an ``app`` with verbs of its own."""
    module = import_module(f"planstore.cli.{name.replace('-', '_')}")
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    if hasattr(module, "command"):
        app.command(name, cls=_Verb)(module.command)
        return typer.main.get_command(app)
    for verb in module.app.registered_commands:
        verb.cls = _Verb
    app.add_typer(module.app, name=name)
    return typer.main.get_group(app).commands[name]


class _Verbs(TyperGroup):
    """Group of all verbs; a verb exits when the reader of its output, such as head, has left."""

    def __init__(self, **named: Any) -> None:
        super().__init__(**(named | {"commands": _VerbsByName()}))

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **named: Any) -> Any:
        for argument in args:
            if not is_recordable(argument):
                raise RequestError(f"an argument must be text in UTF-8, got {quoted(argument)}: convert it")
        verb = next((argument for argument in args if argument in self.commands), None)
        with exit_on_broken_pipe():
            context = super().make_context(info_name, args, *more, **named)
        if context.resilient_parsing and verb is not None:  # because completion does not call `options`
            context.default_map = {verb: project_defaults(self.commands[verb])}
        return context

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]
        with exit_on_broken_pipe(), commit_hooks(ctx):
            return super().invoke(ctx)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the verbs in their groups."""
        width = max(map(len, self.commands))
        for heading, group in GROUPS.items():
            with formatter.section(heading):
                formatter.write_dl(
                    [(f"{name:<{width}}", self.commands[name].get_short_help_str(MAX_SUMMARY)) for name in group]
                )


class _Verb(TyperCommand):
    """A verb, whose help ends with examples, and whose errors name options as they are typed."""

    def invoke(self, ctx: Any) -> object:
        try:
            return super().invoke(ctx)
        except RequestError as error:
            error.args = (self._as_typed(str(error)), *error.args[1:])
            raise

    def _as_typed(self, text: str) -> str:
        """Return an error's text with ``--run-id must`` in the place of ``run_id must``."""
        name, must, rest = text.partition(" must ")
        typed = [one for one in self.params if isinstance(one, TyperOption)]
        options = {one.name: one.opts[0] for one in typed if not one.multiple}
        # last, because --family gives families, and --families their file
        options |= {re.sub("ys$", "ies", f"{str(one.name).rstrip('s')}s"): one.opts[0] for one in typed if one.multiple}
        return f"{options[name]}{must}{rest}" if must and name in options else text

    def get_short_help_str(self, limit: int = MAX_SUMMARY) -> str:
        """Return the first sentence of the help, whole."""
        return super().get_short_help_str(MAX_SUMMARY)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples of the verb, each on a line of its own."""
        if examples := EXAMPLES.get(str(self.name)):
            with formatter.section("Examples"):
                for example in examples:
                    formatter.write(f"  {example}\n")


app = typer.Typer(
    name="planstore",
    cls=_Verbs,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": MAX_HELP_WIDTH},
)


def say_place(error: Any) -> None:
    """Add the place of an option to the error of one that stands on the wrong side of the verb."""
    name, context = getattr(error, "option_name", None), error.ctx
    if name is None or context is None:
        return
    root = context.find_root()
    if context is not root and name in _options(root.command):
        verb = context.command_path.removeprefix(f"{root.command_path} ")
        place = f"it stands before the verb, as in `planstore {name} {verb}`"
    elif context is root and any(name in _options(verb) for verb in root.command.commands.values()):
        place = f"it stands after the verb, as in `planstore VERB {name}`"
    else:
        return
    error.message = f"{error.message}: {place}"
    error.possibilities = None


def _options(command: Any) -> set[str]:
    return {option for one in command.params for option in (*one.opts, *one.secondary_opts)}


def _print_version(requested: bool) -> None:
    if requested:
        typer.echo(f"planstore {__version__}")
        raise typer.Exit


@app.callback()
def options(
    ctx: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    no_hooks: Annotated[
        bool, typer.Option("--no-hooks", envvar=NO_HOOKS, help="Run no hooks of the project file.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Log more: also level info, such as each commit.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="Log only warnings and errors: no notes, no progress.")
    ] = False,
    log_level: Annotated[
        str | None,
        typer.Option(
            envvar="PLANSTORE_LOG_LEVEL",
            help="Minimum level of logs: debug, info, notice, warning or error. Default: notice.",
        ),
    ] = None,
    log_format: Annotated[
        str | None,
        typer.Option(
            envvar="PLANSTORE_LOG_FORMAT", help="Form of logs on standard error: text or json. Default: text."
        ),
    ] = None,
) -> None:
    """Route each target, record every decision, and explain it. Each verb has --results and --json.

    The project file planstore.toml, in the working directory or above, gives values of options.
    """
    assert isinstance(ctx.command, TyperGroup)
    assert ctx.invoked_subcommand is not None
    project = find_project()
    if attached() is None:  # because the process of a verb has attached its handler already
        ctx.call_on_close(attach())
    handler = attached()
    assert handler is not None
    is_flag = is_typed(ctx, "log_level")
    values = {**DEFAULTS, **project.values}
    level, _ = chosen_level(log_level, is_flag=is_flag, verbose=verbose, quiet=quiet, otherwise=values["log_level"])
    configure(handler, level, log_format or values["log_format"])
    ctx.default_map = {ctx.invoked_subcommand: project.defaults(ctx.command.commands[ctx.invoked_subcommand])}
    ctx.obj = Hooks() if no_hooks else project.hooks
    if ctx.invoked_subcommand != "doctor":  # because the doctor says what is wrong
        ctx.obj.check()
