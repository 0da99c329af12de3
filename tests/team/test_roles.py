"""The roles that `init --print-grants` prints: a reader reads, a writer appends, maintenance compacts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
import orjson
import psycopg
import pytest
from obstore.exceptions import BaseError
from psycopg import sql
from psycopg.errors import InsufficientPrivilege
from typer.testing import CliRunner

import planstore
import samples
from planstore import DeniedError, JobStatus, RequestError, Store, StoreBusyError, StoreError
from planstore.cli.verbs import app
from planstore.events.vocabulary import JobState
from planstore.ledger.opening import join
from planstore.ledger.team.address import TeamAddress
from planstore.ledger.team.credentials import ObjectStorageAccess
from planstore.ledger.team.storage import TeamStorage
from team_servers import TeamServers

USERS = {role: f"arn:aws:iam::000000000000:user/{role}" for role in ("reader", "writer", "maintenance")}


def printed(address: TeamAddress) -> dict[str, Any]:
    place = ["--catalog", address.catalog, "--schema", address.schema, "--data", address.data]
    done = CliRunner().invoke(app, ["init", "--print-grants", *place, "--json"], catch_exceptions=False)
    return dict(orjson.loads(done.stdout))


@pytest.fixture
def address(team_servers: TeamServers) -> Iterator[TeamAddress]:
    """A store whose roles are granted before it is made."""
    named = TeamAddress.of_url(team_servers.address())
    address = TeamAddress(named.catalog.replace("owner@", ""), named.schema, named.data)
    told = printed(address)
    client = ObjectStorageAccess().client
    with psycopg.connect(team_servers.conninfo(), autocommit=True) as connection:
        for one in told["sql"]:
            connection.execute(one["statement"])
        for user in USERS:
            role = sql.Identifier(f"{address.schema}_{user}")
            connection.execute(sql.SQL("GRANT {} TO {}").format(role, sql.Identifier(user)))
    denied = [
        # because this server keeps the rights of keys in its own configuration, and only the denials in a policy
        {**statement, "Principal": {"AWS": USERS[role]}}
        for role, policy in told["policies"].items()
        for statement in policy["Statement"]
        if statement["Effect"] == "Deny"
    ]
    assert len(denied) == 2
    client.put_bucket_policy(
        Bucket=address.bucket, Policy=orjson.dumps({"Version": "2012-10-17", "Statement": denied}).decode()
    )
    yield address
    client.delete_bucket_policy(Bucket=address.bucket)


def test_each_role_may_do_its_own_and_no_more(
    team_servers: TeamServers, address: TeamAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(user: str) -> Store:
        team_servers.set_variables(monkeypatch, user)
        return planstore.open(tmp_path / user)

    for user in ("owner", *USERS):
        team_servers.set_variables(monkeypatch, user)
        assert join(address, tmp_path / user / "planstore") == (user == "owner")
    with opened("writer") as store:
        store.route(samples.table(samples.records()), samples.policy())
        job = str(store.sql("select min(job_id) from jobs").fetchall()[0][0])
        model = store.access.ledger.artifacts.put(b"a model")
        with store.training.status_writer() as writer:
            writer.record(JobStatus(str(store.plan().plan_id), job, JobState.SUCCEEDED))
        storage = store.access.ledger.storage
        assert isinstance(storage, TeamStorage)
        key = next(storage.objects.keys("data/"))
        with pytest.raises((BaseError, PermissionError)):
            obstore.delete(storage.objects.store, key)
        assert storage.objects.has(key)
        with storage.connector.connect() as connection, pytest.raises(InsufficientPrivilege):
            connection.execute(
                sql.SQL("create table {} (i int)").format(sql.Identifier(address.schema, "t")).as_string()
            )
        target = str(store.sql("select min(target) from decisions").fetchall()[0][0])
        anchor, commits = store.integrity.anchor(), len(store.log())
    with opened("reader") as store:
        assert not store.access.ledger.is_writable
        assert store.sql("select count(*) from history").fetchall()[0][0] > 0
        assert store.why(target).as_dict()
        assert store.integrity.verify(anchor).findings == []
        assert store.access.ledger.artifacts.get(model) == b"a model"
        store.export()
        assert len([*(tmp_path / "reader").rglob("*.parquet")]) == 1
        told = "may be read, not written, by the user reader: .*--print-grants"
        for write in (
            lambda: store.route(samples.table(samples.records()), samples.policy()),
            lambda: store.overrides.set(target, None, "ROUTE_BLOCKED", reason="a test"),
            lambda: store.maintenance.compact(grace=timedelta(days=1)),
            lambda: store.maintenance.rebuild(),
        ):
            with pytest.raises(DeniedError, match=told):
                write()
        done = CliRunner().invoke(app, ["override", "clear", target, "--results", str(tmp_path / "reader")])
        assert done.exit_code != 0
        assert len(store.log()) == commits
        with pytest.raises(StoreError):
            store.access.ledger.artifacts.put(b"a reader's")
    with opened("maintenance") as store:
        assert store.maintenance.compact(grace=timedelta(days=1)).flushed > 0
        assert store.integrity.verify(anchor).findings == []
    with opened("owner") as store:
        store.maintenance.rebuild()
        with store.access.ledger.locked():
            team_servers.set_variables(monkeypatch, "writer")
            with pytest.raises(StoreBusyError, match=r"is being written by process \d+ on"):
                TeamStorage(address, tmp_path / "writer" / "planstore", 0.1).lock.held().__enter__()
    with opened("writer") as store:
        assert len(store.log()) == commits
        store.route(samples.table(samples.records()), samples.policy())
        assert store.integrity.verify(anchor).findings == []


def test_grants_are_only_printed(team_servers: TeamServers, tmp_path: Path) -> None:
    address = TeamAddress.of_url(team_servers.address())
    told = printed(address)
    assert set(told["policies"]) == {"reader", "writer", "maintenance", "owner"}
    with psycopg.connect(team_servers.conninfo()) as connection:
        roles = connection.execute("select count(*) from pg_roles where rolname like %s", [f"{address.schema}%"])
        assert roles.fetchone() == (0,)
    place = ["--catalog", "postgresql://nowhere.invalid/db", "--schema", "plans", "--data", "s3://b-b/p"]
    text = CliRunner().invoke(app, ["init", "--print-grants", *place, "--results", str(tmp_path)]).stdout
    assert 'CREATE ROLE "plans_reader";' in text
    assert not list(tmp_path.iterdir())
    for wrong in (["init", "--print-grants"], ["init", "--print-grants", *place, "--policy", str(tmp_path / "p")]):
        assert isinstance(CliRunner().invoke(app, wrong).exception, RequestError)
    with pytest.raises(RequestError, match="at most 51 letters"):
        printed(TeamAddress("postgresql://h/db", "a" * 52, "s3://b-b/p"))
