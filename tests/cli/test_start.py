"""Verbs that only read start quickly: without pandas, Arrow, pydantic or other verbs; pandas works afterwards."""

from __future__ import annotations

import inputs
import samples
from planstore import Store

VERBS = """
import io, sys
SLOW = {"pandas", "pyarrow", "numpy", "pydantic"}
from contextlib import redirect_stdout, suppress
from planstore.cli.verb_groups import GROUPS
from planstore.cli.verbs import app
import planstore

verbs = {f"planstore.cli.{name}" for group in GROUPS.values() for name in group}
for verb in sys.argv[2:]:
    printed = io.StringIO()
    with redirect_stdout(printed), suppress(SystemExit):
        app([*verb.split("|"), "--results", sys.argv[1]], standalone_mode=False)
    print(verb, bool(printed.getvalue()), len(verbs & sys.modules.keys()), SLOW & sys.modules.keys())
with planstore.open(sys.argv[1]) as store:
    print(store.sql("select $a as a", a=2).df().to_dict("records"), "pandas" in sys.modules)
"""
READING = ["log", "status", "plan", "jobs", "sql|select $a|--param|a=1"]


def test_a_verb_that_only_reads_imports_no_slow_library_and_no_other_verb(store: Store) -> None:
    store.route(samples.table(samples.records()), samples.policy())
    done = inputs.python(VERBS, str(store.results), *READING)
    lines = [f"{verb} True {number} set()" for number, verb in enumerate(READING, start=1)]
    assert done.stdout.splitlines() == [*lines, "[{'a': 2}] True"], done.stderr


PROCESS = """
import atexit, sys
from planstore.cli import main
atexit.register(lambda: print({"pandas", "pyarrow", "numpy", "pydantic"} & sys.modules.keys()))
main()
"""


def test_why_imports_no_slow_library(store: Store) -> None:
    store.route(samples.table(samples.records()), samples.policy())
    pair = "select target, symbol from current_decisions where symbol is not null limit 1"
    done = inputs.python(PROCESS, "why", *store.sql(pair).fetchall()[0], "--results", str(store.results))
    assert done.stdout.splitlines()[-1] == "set()", done.stderr
