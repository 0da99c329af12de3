"""A reader's query can neither write nor reach out of the store."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

import inputs
import planstore
import samples
from planstore import QueryError, Store
from planstore.cli.queries import relations
from planstore.database import extensions
from planstore.database.error_translation import query_errors
from planstore.errors import StoreError
from planstore.ledger.team.address import TeamAddress
from planstore.ledger.team.storage import TeamStorage
from team_servers import TeamServers

WRITES = (
    "insert into lake.runs select * from lake.runs",
    "update lake.runs set run_id = 'x'",
    "delete from lake.runs",
    "truncate lake.runs",
    "merge into lake.runs using runs on false when not matched then insert *",
    "create table x as select 1",
    "create temp table x as select 1",
    "create or replace temp view runs as select 1",
    "create macro m() as 1",
    "create secret x (type ducklake)",
    "drop secret planstore",
    "drop view runs",
    "drop table lake.runs",
    "alter table lake.runs add column x int",
    "comment on table lake.runs is 'x'",
    "copy (select 1) to '{store}/data/x.csv'",
    "copy runs to '{outside}/x.csv'",
    "attach '{outside}/x.db'",
    "detach lake",
    "use memory",
    "set threads = 1",
    "set variable as_of = 1",
    "reset threads",
    "pragma enable_profiling",
    "pragma threads = 1",
    "call ducklake_snapshots('lake')",
    "call lake.set_option('data_inlining_row_limit', 0)",
    "call lake.merge_adjacent_files()",
    "call sqlite_attach('x')",
    "call pragma_version()",
    "install httpfs",
    "load httpfs",
    "update extensions",
    "export database '{outside}/x'",
    "import database '{outside}/x'",
    "checkpoint",
    "vacuum",
    "begin",
    "prepare p as select 1",
    "execute p",
)
REACHES = (
    "from read_csv('{outside}/secret.csv')",
    "from '{outside}/secret.csv'",
    "from read_text('{outside}/secret.csv')",
    "from read_text(['{outside}/secret.csv'])",
    "from read_blob('{outside}/secret.csv')",
    "from read_json('{outside}/secret.csv')",
    "from read_parquet('{outside}/x.parquet')",
    "from sniff_csv('{outside}/secret.csv')",
    "from glob('{outside}/*')",
    "from glob('*')",
    "from read_text('{store}/store.json')",
    "from read_text('{store}/data/../store.json')",
    "from glob('{store}/data/../*')",
    "from '{store}/data/../../../outside/secret.csv'",
    "from read_text('/proc/self/environ')",
    "from '/dev/stdin'",
    "from 'https://localhost/x.csv'",
    "from sqlite_scan('{store}/catalog.sqlite', 'ducklake_table')",
    "from sqlite_query('lake', 'select 1')",
    "from sqlite_attach('{store}/catalog.sqlite')",
    "with q as materialized (from sqlite_scan('a', 'b')) from q",
    "from ducklake_snapshots('lake')",
    "describe from ducklake_snapshots('lake')",
    "explain analyze from ducklake_snapshots('lake')",
    "from ducklake_merge_adjacent_files('lake')",
    "from ducklake_flush_inlined_data('lake')",
    "from ducklake_expire_snapshots('lake')",
    "from ducklake_set_option('lake', 'a', 'b')",
    "from lake.set_option('data_inlining_row_limit', 0)",
    "from lake.set_commit_message('a', 'b')",
    "from lake.expire_snapshots()",
    "from lake.flush_inlined_data()",
    "from lake.merge_adjacent_files()",
    "from lake.cleanup_old_files()",
    "from query('select 1')",
    "from \"query\"('select 1')",
    "from QUERY('drop table lake.runs')",
    "from system.main.query('select 1')",
    "select (from query('select 1'))",
    "summarize from query('select 1')",
    "from (values (1)) t, lateral query('select 1')",
    "with recursive a as (from query('select 1')) from a",
    "from duckdb_secrets(redact = false)",
    "from checkpoint()",
    "from force_checkpoint()",
    "from enable_profiling()",
    "from enable_logging()",
    "from truncate_duckdb_logs()",
    "from postgres_scan('', '', '')",
    "from read_duckdb('{outside}/x.db')",
    "from json_execute_serialized_sql(json_serialize_sql('select 1'))",
    "from __ducklake_metadata_lake.ducklake_table",
    "from hidden_frame",
    "from lake.runs",
    "from main.runs",
    "from lake.main.runs",
    "from runs where run_id in (select run_id from lake.runs)",
    "from information_schema.tables",
    "from pg_settings",
    "from pg_catalog.pg_settings",
    "describe pg_settings",
    "summarize pg_settings",
    "from duckdb_databases",
    "from duckdb_databases()",
    "from duckdb_settings()",
    "from duckdb_variables()",
    "from pragma_database_list",
    "pragma database_list",
    "pragma database_size",
    "pragma show_databases",
    "pragma platform",
    "show databases",
    "show variables",
    "show all tables",
    "show tables from lake",
    "from (show databases)",
    "describe",
    "from sqlite_master",
    "from duckdb_logs",
    "with pg_settings as (from pg_settings) from pg_settings",
    "with PRAGMA_database_list as (select 1) from pragma_database_list",
    "select * from runs, (with x as (from pg_settings) from x)",
    "from (with hidden as (select 1) from hidden), duckdb_databases",
    "explain from pg_settings",
    "explain analyze from duckdb_databases",
    "from query_table('__ducklake_metadata_lake.main.ducklake_table')",
    "from pragma_table_info('__ducklake_metadata_lake.ducklake_table')",
    "pragma table_info('__ducklake_metadata_lake.ducklake_table')",
    "select json_serialize_plan('from runs')",
    "select current_setting('temp_directory')",
    "select getvariable('catalog')",
    "select write_log('x')",
    "select getenv('HOME')",
)
TEAM_REACHES = (
    "from postgres_scan('', 'public', 'x')",
    "from postgres_scan_pushdown('', 'public', 'x')",
    "from postgres_query('__ducklake_metadata_lake', 'select 1')",
    "from postgres_query('lake', 'drop schema {schema} cascade')",
    "with q as materialized (from postgres_query('__ducklake_metadata_lake', 'select 1')) from q",
    "select (select count(*) from postgres_query('__ducklake_metadata_lake', 'select 1'))",
    "from postgres_execute('__ducklake_metadata_lake', 'drop table x')",
    "call postgres_execute('__ducklake_metadata_lake', 'drop table x')",
    "from postgres_attach('')",
    "call postgres_attach('dbname=postgres')",
    "from postgres_configure_pool()",
    "from pg_clear_cache()",
    "call pg_clear_cache()",
    "attach 'dbname=postgres' as other (type postgres)",
    "from __ducklake_metadata_lake.{schema}.ducklake_data_file",
    "from __ducklake_metadata_lake.public.x",
    "from {schema}.ducklake_snapshot",
    "from read_parquet('s3://{bucket}/{schema}/data/**/*.parquet')",
    "from read_parquet('s3://{bucket}/other/x.parquet')",
    "from read_parquet('s3://other/x.parquet')",
    "from 's3://{bucket}/{schema}/store.json'",
    "from read_text('s3://{bucket}/{schema}/store.json')",
    "from read_blob('s3://{bucket}/{schema}/artifacts/sha256/*')",
    "from parquet_metadata('s3://{bucket}/other/x.parquet')",
    "from glob('s3://{bucket}/*')",
    "from glob('s3://{bucket}/{schema}/data/../*')",
    "copy runs to 's3://{bucket}/{schema}/data/x.parquet'",
    "copy runs to 's3://{bucket}/other/x.parquet'",
    "copy (from postgres_query('__ducklake_metadata_lake', 'select 1')) to 's3://{bucket}/x.csv'",
    "create secret x (type s3, key_id 'x', secret 'y')",
    "create secret x (type postgres, host 'x')",
    "drop secret planstore_objects",
    "from duckdb_secrets()",
    "from which_secret('s3://{bucket}/{schema}/', 's3')",
    "select getvariable('s3')",
    "select getvariable('data')",
    "select getvariable('schema')",
    "set s3_access_key_id = 'x'",
    "reset s3_secret_access_key",
    "select current_setting('s3_secret_access_key')",
)
TRICKS = (
    "explain analyze insert into lake.runs select * from lake.runs",
    "explain insert into lake.runs select * from lake.runs",
    "explain (analyze, format json) delete from lake.runs",
    "explain/**/analyze delete from lake.runs",
    "explain/**/analyze from query('select 1')",
    "/* select */ drop table lake.runs",
    "-- select\ndrop table lake.runs",
    "select 1; select 2",
    "select 1; drop table lake.runs",
    "with x as (insert into lake.runs select * from lake.runs returning *) from x",
    "explain",
    "selec",
    "from nowhere",
    "",
    " ",
    ";",
    "-- nothing",
    "select $missing",
    "select ?",
)
READS = (
    "from runs",
    "table runs",
    "values (1)",
    "select 1;",
    "-- a comment\nfrom runs",
    "with x as (select 1 as a) from x",
    "with tables as (select 1 as a) from TABLES",
    "with recursive n as (select 1 as a union all select a + 1 from n where a < 3) from n",
    "with runs as (from runs where false) select count(*) from Runs",
    "describe runs",
    "describe from history",
    "show tables",
    "show runs",
    "summarize runs",
    "explain from history",
    "explain analyze select 1",
    "explain/**/select 1",
    "EXPLAIN\nfrom runs",
    "/* why */ explain select 1",
    "explain (format json) from runs",
    "from history order by commit_id, position limit 20",
    "from cs_jobs()",
    "from symbol_jobs()",
    "from plan_jobs()",
    "from plan_targets()",
    "from plan_counts()",
    "from jobs_for_target('y_up_02_20m')",
    "select 'query(drop table)', 'read_csv(1)' as text",
    "unpivot (select 1 as a, 2 as b) on a, b",
)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sandbox")
    (folder / "outside").mkdir()
    (folder / "outside" / "secret.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with planstore.open(folder / "results") as store:
        store.route(samples.table(samples.records(5, 40)), samples.policy())  # so many that some are in files
    return folder / "results"


@pytest.fixture(scope="module")
def reader(results: Path) -> Iterator[Store]:
    with planstore.open(results, create=False) as store:
        yield store


def rows_of(store: Store, query: str) -> list[tuple[object, ...]]:
    relation = store.sql(query)
    return [] if relation is None else relation.fetchall()


def all_rows(store: Store, text: str, **parameters: str) -> list[tuple[object, ...]]:
    with query_errors():
        return [row for relation in relations(store, text, parameters) for row in relation.fetchall()]


@pytest.mark.parametrize("query", [*WRITES, *REACHES, *TRICKS])
def test_a_query_that_does_not_read_the_ledger_is_refused_and_changes_nothing(
    results: Path, reader: Store, query: str, capfd: pytest.CaptureFixture[str]
) -> None:
    before = inputs.snapshot(results.parent)
    commits = len(reader.log())
    with pytest.raises(QueryError) as refused:
        rows_of(reader, query.format(store=results / "planstore", outside=results.parent / "outside"))
    assert str(refused.value)
    assert inputs.snapshot(results.parent) == before
    assert len(reader.log()) == commits
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("query", [*WRITES, *REACHES])
def test_among_several_queries_of_a_text_each_is_held_to_the_same(results: Path, reader: Store, query: str) -> None:
    before = inputs.snapshot(results.parent)
    text = f"select 1; {query.format(store=results / 'planstore', outside=results.parent / 'outside')}; from runs"
    with pytest.raises(QueryError):
        all_rows(reader, text)
    assert inputs.snapshot(results.parent) == before


@pytest.mark.parametrize("text", [".read x.sql", ".shell ls", "\\copy runs to 'x'", "!ls", "select 1; .read x.sql"])
def test_commands_of_other_shells_are_no_queries(reader: Store, text: str) -> None:
    with pytest.raises(QueryError):
        relations(reader, text, {})


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("from query($a)", "select 1"),
        ("from query_table($a)", "__ducklake_metadata_lake.main.ducklake_table"),
        ("from read_text($a)", "{outside}/secret.csv"),
        ("from glob($a)", "{outside}/*"),
        ("select getenv($a)", "HOME"),
        ("select current_setting($a)", "temp_directory"),
        ("copy runs to $a", "{outside}/x.csv"),
        ("execute p($a)", "x"),
        ("from $a", "runs"),
    ],
)
def test_a_parameter_cannot_carry_what_a_query_may_not_say(
    results: Path, reader: Store, query: str, value: str
) -> None:
    before = inputs.snapshot(results.parent)
    with pytest.raises(QueryError):
        all_rows(reader, query, a=value.format(outside=results.parent / "outside"))
    assert inputs.snapshot(results.parent) == before


@pytest.mark.parametrize("query", READS)
def test_a_query_that_reads_works(reader: Store, query: str) -> None:
    assert rows_of(reader, query)


def test_nothing_that_can_be_asked_tells_where_anything_is(
    results: Path, reader: Store, capfd: pytest.CaptureFixture[str]
) -> None:
    with duckdb.connect() as connection:
        functions = "select distinct function_name from duckdb_functions() where function_type like {!r}"
        tables = [name for (name,) in connection.sql(functions.format("table%")).fetchall()]
        scalars = [name for (name,) in connection.sql(functions.format("%")).fetchall() if name.isidentifier()]
        settings = [name for (name,) in connection.sql("select name from duckdb_settings()").fetchall()]
        listed = [name for (name,) in connection.sql("select view_name from duckdb_views()").fetchall()]
    asked = [f"from {name}()" for name in tables]
    asked += [
        f"{ask} {name}" for name in {*listed, *tables, "databases", "variables", "secrets"} for ask in ("from", "show")
    ]
    asked += [f"pragma {name}" for name in scalars if name not in ("enable_profiling",)]
    asked += [f"select {name}()" for name in scalars]
    asked += [f"select {function}('{name}')" for name in settings for function in ("current_setting", "getvariable")]
    asked += [f"explain (analyze, format {form}) from candidates" for form in ("text", "json")]
    asked += ["explain analyze from history", "explain from history", "show tables", "from duckdb_views()"]
    secrets = (str(results.parent), "catalog.sqlite", socket.gethostname(), str(Path.home()), str(Path.cwd()))
    answered = 0
    for query in asked:
        with contextlib.suppress(QueryError, duckdb.Error):
            told = str(rows_of(reader, query))
            answered += 1
            assert [secret for secret in secrets if secret in told] == [], query
    assert answered > 20
    assert capfd.readouterr().out == ""


def test_the_same_holds_of_a_team_store(team_servers: TeamServers, tmp_path: Path) -> None:
    address = TeamAddress.of_url(team_servers.address())
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with planstore.open(address.url) as writer:
        writer.route(samples.table(samples.records(5, 40)), samples.policy())
    with planstore.open(address.url, create=False) as store:
        storage = store.access.ledger.storage
        assert isinstance(storage, TeamStorage)
        objects, commits = sorted(storage.objects.keys("")), len(store.log())
        names = {"store": tmp_path, "outside": outside, "bucket": address.bucket, "schema": address.schema}
        for query in (*WRITES, *REACHES, *TEAM_REACHES, *TRICKS):
            text = query.format(**names)
            for ask in (rows_of, all_rows):
                if ask is rows_of or query not in TRICKS:
                    with pytest.raises(QueryError):
                        ask(store, text)
        for query in READS:
            assert rows_of(store, query)
        confined = store.access.ledger.reader()._opened
        assert confined.sql(f"from glob('{address.data}/data/main/candidates/*')").fetchall()
        for query in (
            f"from read_text('{address.data}/store.json')",
            f"from read_text('{address.data}/data/../store.json')",
            f"from glob('s3://{address.bucket}/*')",
            f"from read_text('{outside / 'secret.csv'}')",
            f"copy (select 1) to 's3://{address.bucket}/other.csv'",
            f"copy (select 1) to '{outside / 'x.csv'}'",
            "set enable_external_access = true",
            "set allowed_directories = ['/']",
        ):
            with pytest.raises(duckdb.Error):
                confined.sql(query).fetchall()
        assert sorted(storage.objects.keys("")) == objects
        assert [path.name for path in outside.iterdir()] == ["secret.csv"]
        assert len(store.log()) == commits


def test_parameters_are_values_and_not_sql(reader: Store) -> None:
    assert reader.sql("select $a as a, $b as b", a="x'; drop table runs; --", b=1).fetchall() == [
        ("x'; drop table runs; --", 1)
    ]


def test_history_holds_every_event_with_a_json_payload(reader: Store) -> None:
    rows = reader.sql("select type, payload from history").fetchall()
    assert {"runs", "plans", "jobs", "decisions"} <= {f"{kind}s".replace("ss", "s") for kind, _ in rows}
    assert all(isinstance(json.loads(payload), dict) for _, payload in rows)


def test_pivot_reads_and_so_it_works(reader: Store) -> None:
    assert rows_of(reader, "from (select route, target from jobs) pivot (count(*) for route in ('ROUTE_BOTH'))")


def test_variables_of_python_are_no_tables(reader: Store) -> None:
    local_frame = samples.table(samples.records(1, 1))
    assert local_frame.num_rows
    with pytest.raises(QueryError, match="local_frame"):
        reader.sql("from local_frame")


def test_the_store_answers_after_every_refusal(reader: Store) -> None:
    for query in ("select txid_current()", "from checkpoint()", "from enable_profiling()"):
        with contextlib.suppress(QueryError, duckdb.Error):
            rows_of(reader, query)
    assert rows_of(reader, "from runs")


@pytest.mark.parametrize(("hashes", "told"), [("recorded", "must be the file that"), ("none", "signature")])
def test_nothing_is_written_or_verified_by_an_extension_that_was_changed_after_its_installation(
    store: Store, monkeypatch: pytest.MonkeyPatch, hashes: str, told: str
) -> None:
    store.create()
    store.close()
    honest = extensions.extension

    def altered(module: str) -> Path:
        there = store.results / honest(module).name
        content = bytearray(honest(module).read_bytes())
        content[len(content) // 2] ^= 1
        there.write_bytes(content)
        return there

    def without_hashes(wheel: str) -> SimpleNamespace:
        files = importlib.metadata.Distribution.from_name(wheel).files or []
        for file in files:
            file.hash = None
        return SimpleNamespace(files=files)

    with monkeypatch.context() as patched:
        patched.setattr(extensions, "extension", altered)
        if hashes == "none":
            patched.setattr(importlib.metadata, "distribution", without_hashes)
        extensions.check_extensions.cache_clear()
        with pytest.raises(StoreError, match=told):
            store.route(samples.table(samples.records()), samples.policy())
        with pytest.raises(StoreError, match=told):
            store.integrity.verify()
    extensions.check_extensions.cache_clear()
    assert store.log() == []
