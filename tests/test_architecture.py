"""The rules of the house, where a test can hold them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from pathlib import Path

import pytest

import planstore
from planstore.database import sql
from planstore.database.macros import MACROS
from planstore.events import vocabulary
from planstore.events.vocabulary import Cause, CommitKind, JobState, Side
from planstore.ledger.ledger import EVENT_TABLES
from planstore.plans.planning import STEPS as PLANNING_STEPS
from planstore.routing.rule_steps import EXPLANATION, FLOAT32, STEPS as ROUTING_STEPS, SUBSTITUTES

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "planstore"
FILES = sorted(SOURCE.rglob("*.py"))
LAYERS = (
    ("errors", "version"),
    ("checks",),
    ("events", "documents", "database", "pages"),
    ("ledger",),
    ("routing", "plans", "projections", "audit", "models"),
    ("runs", "outcomes"),
    ("api", "training"),
    ("demo",),
    ("cli", "ui", "__main__"),
)
"""The rooms, lowest first; a room imports only from its own layer and from those before it."""

HEAVY = {"duckdb", "pandas", "pyarrow", "numpy", "polars", "yaml", "pydantic", "filelock", "rich"}
HEAVY |= {
    "sklearn",
    "lightgbm",
    "xgboost",
    "scipy",
    "joblib",
    "psutil",
    "ray",
    "jinja2",
    "matplotlib",
    "starlette",
    "uvicorn",
    "anyio",
}


def _part(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def _level(part: str) -> int:
    return next(level for level, parts in enumerate(LAYERS) if part in parts)


def _imports(path: Path, *, everywhere: bool = True) -> Iterator[str]:
    """Yield the modules a file imports; those of inner blocks and functions only if ``everywhere``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree) if everywhere else tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_down(path: Path) -> None:
    part = _part(path)
    if part == "__init__":
        return
    below = {
        module.split(".")[1]
        for module in _imports(path)
        if module.startswith("planstore.") and module.split(".")[1] != part
    }
    assert {other for other in below if _level(other) > _level(part)} == set()


def test_no_modules_import_each_other_in_a_circle() -> None:
    modules = {_module(path): path for path in FILES}
    graph = {
        name: {found for found in _modules_imported(path, modules) if found != name} for name, path in modules.items()
    }
    assert _circles(graph) == []


def _module(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__")


def _modules_imported(path: Path, modules: Mapping[str, Path]) -> Iterator[str]:
    """Yield the modules of the project that a file imports anywhere, also for types alone."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and (source := node.module or "") in modules:
            yield from (name if (name := f"{source}.{alias.name}") in modules else source for alias in node.names)


def _circles(graph: Mapping[str, set[str]]) -> list[tuple[str, ...]]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [tuple(error.args[1])]
    return []


def test_class_names_are_unique() -> None:
    names = [
        node.name
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    ]
    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_every_room_has_a_layer() -> None:
    assert {_part(path) for path in FILES} - {"__init__"} == {part for layer in LAYERS for part in layer}


def test_only_the_database_imports_duckdb_when_it_runs() -> None:
    importers = set()
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        typing_only = {
            id(inner)
            for node in tree.body
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
            for inner in ast.walk(node)
        }
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if "duckdb" in names and id(node) not in typing_only:
                importers.add(path.relative_to(SOURCE).as_posix())
    assert {path.partition("/")[0] for path in importers} == {"database"}


def test_nothing_starts_processes_that_import_the_main_module() -> None:
    importers = {
        (path.relative_to(SOURCE).as_posix(), module)
        for path in FILES
        for module in _imports(path)
        if module.startswith(("subprocess", "multiprocessing", "joblib", "concurrent.futures.process"))
    }
    assert importers == {
        ("cli/git.py", "subprocess"),  # runs git
        ("cli/hooks.py", "subprocess"),  # runs commands of the project file
        ("ledger/embedded/catalog.py", "subprocess"),
        ("training/execution/worker_process.py", "subprocess"),
        ("training/execution/worker_process.py", "multiprocessing.spawn"),  # names the interpreter
        ("training/execution/memory.py", "joblib"),  # counts cores
    }
    source = "\n".join(path.read_text(encoding="utf-8") for path in FILES)
    assert re.findall(r"ProcessPoolExecutor|joblib\.(?!cpu_count)\w+|os\.(?:fork|spawn|posix_spawn)", source) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_sql_text_stands_in_the_source(path: Path) -> None:
    texts = [
        node.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    found = [
        t
        for t in texts
        if re.search(r"\b(SELECT .+ FROM|INSERT INTO|CREATE (OR REPLACE )?(TEMP )?\w+|DELETE FROM)\b", t)
        or re.match(r"(?i)\s*(select .+|from \w+ (where|order by|limit) .+)", t)
    ]
    assert found == []


@pytest.mark.parametrize("name", ["utils", "helpers", "manager", "base"])
def test_vague_names_are_no_file_names(name: str) -> None:
    assert [path for path in FILES if path.stem == name] == []


def test_the_door_offers_what_it_says() -> None:
    assert sorted(planstore.__all__) == planstore.__all__
    assert [name for name in planstore.__all__ if not hasattr(planstore, name)] == []
    assert set(planstore.__all__) <= set(dir(planstore))


def test_importing_planstore_imports_nothing_heavy() -> None:
    code = "import sys, planstore, planstore.cli; print(' '.join(sorted(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert HEAVY & set(loaded) == set()


def test_the_older_import_path_holds_no_logic() -> None:
    for path in (ROOT / "src" / "TRAINING").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef | ast.For | ast.If)] == []


AS_OTHER_WORDS = {
    ("checks/arrow_columns.py", "strict"),
    ("cli/policy.py", "FAILED"),
    ("cli/why.py", "failed"),
    ("documents/yaml_document.py", "strict"),
    ("pages/__init__.py", "blocked"),
    ("plans/planning.py", "planned"),
}
"""Where a word of a vocabulary is a text that means something else: a name of Python's, a step, a label for people."""
NAMES_TOO = {*CommitKind, *Cause, Side.SYMBOL, Side.PAIR}
"""The words that are names of columns, keys and options as well; the others mean one thing wherever they stand."""


def _vocabularies() -> list[type[StrEnum]]:
    return [each for each in vars(vocabulary).values() if isinstance(each, type) and issubclass(each, StrEnum)]


def test_words_of_vocabularies_stand_in_one_place() -> None:
    words = {word.value for each in _vocabularies() if each is not StrEnum for word in each} - NAMES_TOO
    found = {
        (path.relative_to(SOURCE).as_posix(), node.value)
        for path in FILES
        if path.stem != "vocabulary"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in words
    }
    assert found == AS_OTHER_WORDS


def test_no_list_repeats_a_vocabulary() -> None:
    words = [{word.value for word in each} for each in _vocabularies() if each is not StrEnum]
    for path in FILES:
        if path.stem == "vocabulary":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            items = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else ()
            listed = {item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)}
            assert not any(len(listed) > 1 and listed <= of_one for of_one in words), (path, listed)


def test_every_job_state_has_its_colour_and_stands_in_the_reference() -> None:
    styles = (SOURCE / "pages" / "theme.css").read_text(encoding="utf-8")
    assert re.findall(r"\.s-(\w+) \{", styles) == list(JobState)
    column = next(line for line in sql.load("schema/tables/job_status").splitlines() if line.startswith("    status "))
    assert re.findall("`(\\w+)`", column) == list(JobState)


def test_every_sql_file_holds_one_statement_and_says_what_it_is() -> None:
    for path in sql.root().rglob("*.sql"):
        text = path.read_text(encoding="utf-8")
        assert text.rstrip().endswith(";"), path
        without_comments = re.sub(r"--[^\n]*", "", text)
        without_texts = re.sub(r"'(?:[^']|'')*'", "", without_comments)
        assert without_texts.count(";") == 1, path


def test_no_statement_changes_or_deletes_what_is_in_an_event_table() -> None:
    changing = re.compile(r"\b(UPDATE|DELETE|TRUNCATE|MERGE INTO|DROP TABLE|CREATE OR REPLACE TABLE|INSERT OR)\b", re.I)
    for path in sql.root().rglob("*.sql"):
        text = re.sub(r"--[^\n]*|'(?:[^']|'')*'", "", path.read_text(encoding="utf-8"))
        if path.stem != "drop_plan_documents":  # a projection is dropped and made again
            assert not (changing.search(text) and "lake." in text), path


@pytest.mark.parametrize(
    ("folder", "named"),
    [
        ("routing", {*ROUTING_STEPS, *FLOAT32, *chain(*SUBSTITUTES.values()), *EXPLANATION}),
        (
            "planning",
            {
                *PLANNING_STEPS,
                *("plan_summary", "read_summary", "read_model_families"),
                *("run_of_plan", "overrides_since"),
                *("budget", "ranked_fits", "kept_families", "budgeted_jobs", "left_out_jobs"),
            },
        ),
        ("macros", set(MACROS)),
    ],
)
def test_every_step_and_macro_is_run(folder: str, named: set[str]) -> None:
    found = [path.relative_to(sql.root() / folder) for path in (sql.root() / folder).rglob("*.sql")]
    assert {path.with_suffix("").as_posix() for path in found} == named


def test_every_event_table_has_its_statements() -> None:
    tables = {name.rpartition("/")[2] for name in sql.names("schema/tables")} - {"commits", "plan_documents"}
    assert tables == set(EVENT_TABLES)
    for table in EVENT_TABLES:
        assert sql.load(f"ledger/append_{table}")
        assert sql.load(f"schema/views/{table}")


def test_every_sql_file_is_used() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in FILES)
    in_a_loop = (
        "routing/",
        "planning/",
        "macros/",
        "schema/",
        "ledger/append_",
        "copy/append_",
        "migration/add_",
        "migration/readable_",
        "migration/misread_",
        "scratch/copy_",
        "verify/",
    )
    names = {path.relative_to(sql.root()).with_suffix("").as_posix() for path in sql.root().rglob("*.sql")}
    unused = {
        name
        for name in names
        if f'"{name}"' not in source
        and not name.startswith(in_a_loop)
        and name.rpartition("/")[2] not in MACROS
        and f'"{name.rpartition("/")[2]}"' not in source
    }
    assert unused == set()


def test_the_wheel_carries_the_sql_the_demo_and_the_default_policy(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    carried = {name.removeprefix("planstore/_sql/") for name in names if name.startswith("planstore/_sql/")}
    assert carried == {path.relative_to(sql.root()).as_posix() for path in sql.root().rglob("*.sql")}
    assert {"planstore/routing/default_policy.yaml", "planstore/training/families.yaml"} <= names
    assert {
        path.relative_to(SOURCE.parent).as_posix() for path in (SOURCE / "pages").rglob("*.*") if path.suffix != ".pyc"
    } <= names
    assert len([name for name in names if name.startswith("planstore/demo/candidates_by_year/")]) == 11
    assert "TRAINING/orchestration/training_plan_consumer.py" in names
    assert "TRAINING/orchestration/intelligent_trainer.py" in names
