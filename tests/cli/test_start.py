"""Verbs that read the store start quickly: they do not import pandas, and pandas works afterwards."""

from __future__ import annotations

import inputs
import samples
from planstore import Store

VERBS = """
import io, sys
from contextlib import redirect_stdout, suppress
from planstore.cli.verbs import app
import planstore

for verb in sys.argv[2:]:
    printed = io.StringIO()
    with redirect_stdout(printed), suppress(SystemExit):
        app([*verb.split("|"), "--results", sys.argv[1]], standalone_mode=False)
    print(verb, bool(printed.getvalue()), "pandas" in sys.modules)
with planstore.open(sys.argv[1]) as store:
    print(store.sql("select $a as a", a=2).df().to_dict("records"), "pandas" in sys.modules)
"""
READING = ["log", "status", "plan", "jobs", "sql|select $a|--param|a=1"]


def test_a_verb_that_only_reads_does_not_import_pandas(store: Store) -> None:
    store.route(samples.table(samples.records()), samples.policy())
    done = inputs.python(VERBS, str(store.results), *READING)
    assert done.stdout.splitlines() == [f"{verb} True False" for verb in READING] + ["[{'a': 2}] True"], done.stderr
