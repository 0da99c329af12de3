"""``planstore doctor``: check the installation, the project file and the store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from planstore.cli.options import RESULTS, Json, Results, is_typed

if TYPE_CHECKING:
    from planstore.cli.hooks import Hooks
    from planstore.cli.project import Setting
    from planstore.ledger.embedded.checkup import Check


def command(ctx: typer.Context, results: Results = RESULTS, json: Json = False) -> None:
    """Check the installation, the project file and the store, one line each.

    The lines show versions, the settings with their sources, the lock's holder, the file system, the catalog's mode,
    permissions and free disk space; of a team store its database and bucket. Exit code 1 when something is wrong; its
    line says what to do.
    """
    from planstore.cli import output
    from planstore.cli.exit import exit_with
    from planstore.cli.project import find_project

    project = find_project()
    settings = [_effective(setting, ctx) for setting in project.settings()]
    checks = [*_installation(is_team=_is_team(results)), *_store(results), *_hooks(project.hooks)]
    holds = all(check.advice is None for check in checks)
    with exit_with(0 if holds else 1):
        if json:
            output.print_json(
                {
                    "holds": holds,
                    "project": None if project.path is None else str(project.path),
                    "settings": [vars(setting) for setting in settings],
                    "hooks": [vars(hook) for hook in project.hooks.hooks.values()],
                    "hooks_run": ctx.obj == project.hooks,
                    "checks": [vars(check) for check in checks],
                }
            )
            return
        output.print_line(f"      {'project file':<14}  {project.path or 'none; planstore.toml is looked for upward'}")
        for setting in settings:
            value = "not set" if setting.value is None else f"{setting.value}, from {setting.source}"
            output.print_line(f"      {setting.name:<14}  {value}")
        for hook in project.hooks.hooks.values():
            is_off = "" if ctx.obj == project.hooks else "; switched off"
            output.print_line(f"      {hook.name:<14}  {hook}{is_off}")
        for check in checks:
            advice = "" if check.advice is None else f": {check.advice}"
            output.print_line(f"{'ok' if check.advice is None else 'WRONG':<5} {check.name:<14}  {check.text}{advice}")


def _effective(setting: Setting, ctx: typer.Context) -> Setting:
    """Return a setting as this call has it: a flag goes before every other source."""
    from dataclasses import replace

    from planstore.cli.logs import chosen_level

    of_every_verb = ctx.find_root()
    for context in (ctx, of_every_verb):
        if is_typed(context, setting.name):
            flag = f"--{setting.name.replace('_', '-')}"
            return replace(setting, value=str(context.params[setting.name]), source=flag)
    if setting.name == "log_level":
        short = {name: of_every_verb.params.get(name, False) for name in ("verbose", "quiet")}
        level, short_flag = chosen_level(None, is_flag=False, **short, otherwise=str(setting.value))
        return setting if short_flag is None else replace(setting, value=level, source=short_flag)
    return setting


def _hooks(hooks: Hooks) -> Iterator[Check]:
    from planstore.ledger.embedded.checkup import Check

    if hooks.hooks:
        rule, _, advice = (hooks.problem or "").rpartition(": ")
        yield Check("hooks", rule or f"of {hooks.path}, which only its owner can write", advice or None)


def _is_team(results: Path) -> bool:
    """Return whether a results folder points to a team store whose packages are installed."""
    from planstore.errors import BadInputError, StoreError
    from planstore.ledger.embedded.storage import EmbeddedStorage
    from planstore.ledger.layout import StoreLayout
    from planstore.ledger.opening import storage_in

    try:
        return not isinstance(storage_in(StoreLayout.in_results(results).folder), EmbeddedStorage)
    except (BadInputError, StoreError):
        return False  # because the check of the store says why


def _installation(*, is_team: bool) -> Iterator[Check]:
    import platform
    from importlib.metadata import version

    from planstore.database.extensions import check_extensions, wheel_of
    from planstore.errors import StoreError
    from planstore.ledger.embedded.catalog import Catalog
    from planstore.ledger.embedded.checkup import Check
    from planstore.version import __version__

    yield Check("planstore", __version__)
    yield Check("Python", platform.python_version())
    duckdb = version("duckdb")
    yield Check("DuckDB", duckdb)
    modules: tuple[str, ...] = Catalog.extensions
    if is_team:
        from planstore.ledger.team.catalog import RemoteCatalog

        modules = RemoteCatalog.extensions
        for package in ("psycopg", "obstore", "botocore"):
            yield Check(package, version(package))
    versions = {wheel: version(wheel) for wheel in map(wheel_of, modules)}
    text = ", ".join(f"{wheel} {number}" for wheel, number in versions.items())
    try:
        check_extensions(modules)
    except StoreError as error:
        yield Check("extensions", str(error), "install planstore again")
        return
    same = set(versions.values()) == {duckdb}
    yield Check("extensions", text, None if same else f"install those of DuckDB {duckdb}")


def _store(results: Path) -> Iterator[Check]:
    import planstore
    from planstore.errors import RequestError, StoreError, StoreMissingError
    from planstore.ledger.embedded.checkup import Check, check_folder, check_store
    from planstore.ledger.embedded.storage import EmbeddedStorage
    from planstore.ledger.layout import StoreLayout
    from planstore.ledger.marker import FORMAT
    from planstore.ledger.opening import storage_in

    layout = StoreLayout.in_results(results)
    yield from check_folder(results)
    for left in sorted(results.glob(f"{layout.folder.name}.incoming-*")):
        yield Check("unfinished", str(left), "remove it if no restore or backup is running: a killed one left it")
    place = str(layout.folder)
    try:
        storage = storage_in(layout.folder)
    except RequestError as error:
        yield Check("store", str(error), "correct the marker, or remove it and run `planstore init`")
        return
    except StoreMissingError:
        yield Check("store", f"none in {results}", "run `planstore init`, or name its folder with --results")
        return
    try:
        if isinstance(storage, EmbeddedStorage):
            if layout.marker.exists():
                yield from check_store(layout)
        else:
            from planstore.ledger.team.checkup import check_servers
            from planstore.ledger.team.storage import TeamStorage

            assert isinstance(storage, TeamStorage)
            place = storage.address.url
            servers = list(check_servers(storage))
            storage.close()
            yield from servers
            if any(check.name in ("database", "bucket") and check.advice is not None for check in servers):
                return  # because those lines say already why the store cannot be opened
        with planstore.open(results, create=False) as store:
            commits = store.access.ledger.last_commit()
        yield Check("store", f"{place}, format {FORMAT}, {commits} commits")
    except StoreMissingError:
        yield Check("store", f"none in {results}", "run `planstore init`, or name its folder with --results")
    except RequestError as error:
        yield Check("settings", str(error), "the store itself is not the cause")
    except StoreError as error:
        yield Check("store", str(error), "restore a backup with `planstore restore` if it cannot be corrected")
