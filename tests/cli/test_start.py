"""Verbs that read the store start quickly: without pandas, Arrow or other verbs; pandas works afterwards."""

from __future__ import annotations

import inputs
import samples
from planstore import Store

VERBS = """
import io, sys
from contextlib import redirect_stdout, suppress
from planstore.cli.verb_groups import GROUPS
from planstore.cli.verbs import app
import planstore

verbs = {f"planstore.cli.{name}" for group in GROUPS.values() for name in group}
for verb in sys.argv[2:]:
    printed = io.StringIO()
    with redirect_stdout(printed), suppress(SystemExit):
        app([*verb.split("|"), "--results", sys.argv[1]], standalone_mode=False)
    print(verb, bool(printed.getvalue()), len(verbs & sys.modules.keys()), {"pandas", "pyarrow"} & sys.modules.keys())
with planstore.open(sys.argv[1]) as store:
    print(store.sql("select $a as a", a=2).df().to_dict("records"), "pandas" in sys.modules)
"""
READING = ["log", "status", "plan", "jobs", "sql|select $a|--param|a=1"]


def test_a_verb_that_only_reads_imports_neither_pandas_nor_arrow_nor_another_verb(store: Store) -> None:
    store.route(samples.table(samples.records()), samples.policy())
    done = inputs.python(VERBS, str(store.results), *READING)
    lines = [f"{verb} True {number} set()" for number, verb in enumerate(READING, start=1)]
    assert done.stdout.splitlines() == [*lines, "[{'a': 2}] True"], done.stderr
