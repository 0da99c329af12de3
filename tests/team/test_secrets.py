"""No password and no secret key is anywhere but in its own place."""

from __future__ import annotations

import gc
import io
import json
import logging
import os
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import obstore
import psycopg
import pytest
import yaml
from psycopg import sql
from typer.testing import CliRunner

import planstore
import samples
from planstore import StoreError
from planstore.cli.verbs import app
from planstore.ledger.ledger import Ledger
from planstore.ledger.opening import join
from planstore.ledger.team.address import TeamAddress
from planstore.ledger.team.storage import TeamStorage
from team_servers import TeamServers

LISTINGS = (
    "from duckdb_databases()",
    "from duckdb_secrets()",
    "from duckdb_variables()",
    "from duckdb_settings()",
    "from duckdb_logs",
    "from lake.options()",
    "from lake.snapshots()",
)
VERBS: tuple[tuple[str, ...], ...] = (
    ("init", "--json"),
    ("route", "{candidates}", "--policy", "{policy}"),
    ("status", "--json"),
    ("why", str(samples.records()[0]["target"]), "--json"),
    ("sql", "from history", "--json"),
    ("export",),
    ("verify",),
    ("doctor", "--json"),
)


@pytest.fixture
def address(team_servers: TeamServers) -> TeamAddress:
    return TeamAddress.of_url(team_servers.address())


@pytest.fixture
def everything_logged() -> Iterator[io.StringIO]:
    """The text that all loggers, of other libraries too, write at their lowest level."""
    text, everything = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(text), everything.level
    everything.addHandler(handler)
    everything.setLevel(logging.DEBUG)
    yield text
    everything.removeHandler(handler)
    everything.setLevel(level)


def recorded(storage: TeamStorage) -> Iterator[tuple[str, bytes]]:
    """Yield everything that the servers store of a store."""
    for key in storage.objects.keys(""):
        yield key, bytes(obstore.get(storage.objects.store, key).bytes())
    with storage.connector.connect() as connection:
        tables = "select table_name from information_schema.tables where table_schema = $1"
        for (table,) in connection.execute(tables, [storage.address.schema]).fetchall():
            rows = sql.SQL("select t::text from {} as t").format(sql.Identifier(storage.address.schema, table))
            yield table, str(connection.execute(rows.as_string()).fetchall()).encode()
        yield (
            "activity",
            str(connection.execute("select query, application_name from pg_stat_activity").fetchall()).encode(),
        )


def test_a_password_and_a_secret_key_are_nowhere(
    team_servers: TeamServers, address: TeamAddress, tmp_path: Path, everything_logged: io.StringIO
) -> None:
    secret = team_servers.password
    samples.parquet(tmp_path / "candidates.parquet", samples.records())
    (tmp_path / "policy.yaml").write_text(yaml.safe_dump(samples.policy()))
    results = tmp_path / "results"
    names = {"candidates": tmp_path / "candidates.parquet", "policy": tmp_path / "policy.yaml"}
    found: list[tuple[str, str | bytes]] = []
    for verb in VERBS:
        place = ["--catalog", address.catalog, "--schema", address.schema, "--data", address.data]
        words = [word.format(**names) for word in verb] + ["--results", str(results)]
        done = CliRunner().invoke(app, ["--log-level", "debug", *words, *(place if verb[0] == "init" else [])])
        assert done.exception is None or isinstance(done.exception, SystemExit), (verb, done.output)
        found.append((" ".join(verb), done.output))
    with planstore.open(results) as store:
        ledger = store.access.ledger
        assert isinstance(ledger.storage, TeamStorage)
        for session in (ledger.reader(), ledger.writer()):
            found += [(listing, repr(session._opened.sql(listing).fetchall())) for listing in LISTINGS]
            found.append(("variables", repr(session._opened.sql("select getvariable('s3')").fetchall())))
        found += list(recorded(ledger.storage))
        own = [
            one for one in gc.get_objects() if str(type(one).__module__).startswith(("planstore", "obstore", "psycopg"))
        ]
        found += [(type(one).__name__, repr(one)) for one in own]
    found += [(str(path), path.read_bytes()) for path in tmp_path.rglob("*") if path.is_file()]
    found.append(("logs", everything_logged.getvalue()))
    assert len(everything_logged.getvalue()) > 1000
    leaks = [name for name, text in found if secret in (text if isinstance(text, str) else repr(text))]
    assert leaks == []


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"PGPASSWORD": "pl4nted"}, "password authentication failed"),
        ({"PGPASSWORD": "pl4nted", "PGSSLMODE": "require"}, "does not support SSL"),
        ({"PGSERVICE": "pl4nted_is_no_service"}, "service .* not found"),
        ({"AWS_SECRET_ACCESS_KEY": "pl4nted"}, "403"),
        ({"AWS_SECRET_ACCESS_KEY": "pl4nted", "AWS_SESSION_TOKEN": "pl4nted"}, "403|InvalidAccessKeyId"),
        ({"AWS_SECRET_ACCESS_KEY": "pl4nted", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "127.0.0.1:9"),
        ({"AWS_ENDPOINT_URL": "http://user:pl4nted@127.0.0.1:9"}, "endpoint .* must not contain a user or password"),
        ({"AWS_PROFILE": "nobody"}, "profile .nobody. could not be found"),
    ],
)
def test_an_error_of_credentials_repeats_none_of_them(
    variables: dict[str, str],
    told: str,
    team_servers: TeamServers,
    address: TeamAddress,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    everything_logged: io.StringIO,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(StoreError, match=told) as refused:
        join(address, tmp_path / "planstore")
    texts = "".join(traceback.format_exception(refused.value)) + everything_logged.getvalue()
    texts = texts.replace("pl4nted_is_no_service", "")
    assert "pl4nted" not in texts
    assert team_servers.password not in texts
    assert not (tmp_path / "planstore" / "store.json").exists()


def test_credentials_come_from_the_files_of_libpq_and_aws(
    team_servers: TeamServers, address: TeamAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ledger(TeamStorage(address, tmp_path / "planstore")).create()
    secret, own = team_servers.password, f"schema={address.schema}&data={address.data}"
    passfile, services, keys = tmp_path / "passfile", tmp_path / "services", tmp_path / "keys"
    passfile.write_text(f"127.0.0.1:{team_servers.postgres}:*:owner:{secret}\n")
    passfile.chmod(0o600)
    server = f"host=127.0.0.1\nport={team_servers.postgres}\nuser=owner\ndbname=postgres\npassword={secret}\n"
    services.write_text(f"[plans]\n{server}")
    keys.write_text(f"[a-team]\naws_access_key_id = owner\naws_secret_access_key = {secret}\n")

    def reads(url: str, **variables: str) -> bool:
        with monkeypatch.context() as patched:
            for name in [name for name in os.environ if name.startswith("PG")]:
                patched.delenv(name)
            for name, value in variables.items():
                patched.setenv(name, value)
            with planstore.open(url, create=False) as store:
                return store.log() == [] and store.sql("from runs").fetchall() == []

    assert reads(address.url, PGPASSFILE=str(passfile))
    assert reads(f"postgresql:///?service=plans&{own}", PGSERVICEFILE=str(services))
    assert reads(f"postgresql:///?{own}", PGSERVICEFILE=str(services), PGSERVICE="plans")
    place = {"PGHOST": "127.0.0.1", "PGPORT": str(team_servers.postgres), "PGDATABASE": "postgres"}
    assert reads(f"postgresql:///?{own}", PGUSER="owner", PGPASSWORD=secret, **place)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    aws = {"AWS_SHARED_CREDENTIALS_FILE": str(keys), "AWS_PROFILE": "a-team"}
    assert reads(address.url, PGPASSWORD=secret, **aws)
    with pytest.raises(StoreError, match="credentials of object storage must be given"):
        reads(address.url, PGPASSWORD=secret, AWS_SHARED_CREDENTIALS_FILE=str(keys))


def test_a_folder_does_not_join_a_schema_that_is_not_there(
    team_servers: TeamServers, address: TeamAddress, tmp_path: Path
) -> None:
    assert join(address, tmp_path / "a" / "planstore")
    other = TeamAddress(address.catalog, f"{address.schema}_other", address.data)
    with pytest.raises(StoreError):
        join(other, tmp_path / "b" / "planstore")
    assert not (tmp_path / "b").exists()
    with psycopg.connect(team_servers.conninfo()) as connection:
        made = "select count(*) from pg_namespace where nspname = %s"
        assert connection.execute(made, [other.schema]).fetchone() == (0,)


def test_temporary_credentials_are_renewed_while_a_store_is_open(
    address: TeamAddress, team_servers: TeamServers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A process of a profile gives them, and AWS asks it again when they are about to expire."""
    answer, config = tmp_path / "answer.json", tmp_path / "config"
    config.write_text(f"[profile temporary]\ncredential_process = cat {answer}\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "temporary")
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(variable)

    def give(user: str, secret: str) -> None:
        expires = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
        keys = {"Version": 1, "AccessKeyId": user, "SecretAccessKey": secret, "Expiration": expires}
        answer.write_text(json.dumps(keys), encoding="utf-8")

    target = str(samples.records()[0]["target"])
    give("owner", team_servers.password)
    with planstore.open(address.url) as store:
        store.route(samples.table(samples.records()), samples.policy())
        why = store.why(target).as_dict()
        give("writer", "expired")
        with pytest.raises(StoreError, match="403"):
            store.why(target)
        with pytest.raises(StoreError, match=r"403|SignatureDoesNotMatch"):
            store.route(samples.table(samples.records(seed=1)), samples.policy())
        give("writer", team_servers.password)
        assert store.why(target).as_dict() == why
        store.route(samples.table(samples.records(seed=2)), samples.policy())
        assert len(store.log()) == 2
