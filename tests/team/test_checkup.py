"""`planstore doctor` says which server of a team store is wrong, and the remedy; verbs of folders refuse one."""

from __future__ import annotations

import os
from pathlib import Path

import obstore
import orjson
import pytest
from psycopg import sql
from typer.testing import CliRunner

import planstore
from planstore import PlanstoreError, RequestError
from planstore.cli.verbs import app
from planstore.ledger.opening import join
from planstore.ledger.team.address import TeamAddress
from planstore.ledger.team.storage import TeamStorage
from team_servers import TeamServers

Line = tuple[str, str | None]


def doctor(results: Path) -> tuple[int, dict[str, Line]]:
    done = CliRunner().invoke(app, ["doctor", "--results", str(results), "--json"])
    lines = orjson.loads(done.stdout)["checks"]
    return done.exit_code, {one["name"]: (one["text"], one["advice"]) for one in lines}


def test_a_checkup_names_what_is_wrong(
    team_servers: TeamServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = TeamAddress.of_url(team_servers.address())
    assert join(address, tmp_path / "planstore")
    code, lines = doctor(tmp_path)
    assert (code, [name for name, (_, advice) in lines.items() if advice]) == (0, [])
    assert lines["database"][0].startswith("PostgreSQL ")
    assert lines["encoding"][0] == "UTF8"
    assert lines["permissions"][0] == "the user owner can read and write"
    assert lines["versioning"][0] == "Enabled"
    assert lines["deletion"][0].startswith("this key can delete objects")
    assert lines["orphans"][0].startswith("0 files")
    assert {"psycopg", "obstore", "botocore", "clock", "disk", "catalog"} <= lines.keys()

    storage = TeamStorage(address, tmp_path / "planstore")
    orphan = "data/main/jobs/ducklake-01234567-89ab-cdef-0123-456789abcdef.parquet"
    for key in (orphan, "strange.txt"):
        obstore.put(storage.objects.store, key, b"x")
    with storage.lock.held(), storage.connector.connect() as connection:
        renamed = sql.SQL("ALTER TABLE {} RENAME TO {}").format
        table, other = (sql.Identifier(address.schema, "planstore_requests"), sql.Identifier("gone"))
        connection.execute(renamed(table, other).as_string())
        code, lines = doctor(tmp_path)
        table, other = (sql.Identifier(address.schema, "gone"), sql.Identifier("planstore_requests"))
        connection.execute(renamed(table, other).as_string())
    assert code == 1
    assert "lacks the table planstore_requests" in str(lines["writer lock"][1])
    assert lines["orphans"][0].startswith("1 file")
    assert "strange.txt" in lines["other files"][0]
    assert lines["other files"][1] is not None
    assert lines["writer lock"][0].startswith(f"held by process {os.getpid()} on ")
    obstore.delete(storage.objects.store, ["strange.txt", orphan])
    assert sorted(storage.objects.keys("")) == ["store.json"]

    for variables, name, others in (
        ({"PGPASSWORD": "another"}, "database", "bucket"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "bucket", "database"),
        ({"AWS_SECRET_ACCESS_KEY": "another"}, "bucket", "database"),
    ):
        with monkeypatch.context() as patched:
            for variable, value in variables.items():
                patched.setenv(variable, value)
            code, lines = doctor(tmp_path)
        assert code == 1
        assert [line for line, (_, advice) in lines.items() if advice] == [name]
        assert others in lines

    storage._access.client.put_bucket_versioning(Bucket=address.bucket, VersioningConfiguration={"Status": "Suspended"})
    try:
        code, lines = doctor(tmp_path)
    finally:
        storage._access.client.put_bucket_versioning(
            Bucket=address.bucket, VersioningConfiguration={"Status": "Enabled"}
        )
    assert (code, lines["versioning"][0]) == (1, "Suspended")
    storage.close()


def test_verbs_of_files_refuse_a_team_store_with_the_remedy(team_servers: TeamServers, tmp_path: Path) -> None:
    address = TeamAddress.of_url(team_servers.address())
    results = tmp_path / "results"
    join(address, results / "planstore")
    copied = tmp_path / "copied"
    copied.mkdir()
    (copied / "store.json").write_bytes((results / "planstore" / "store.json").read_bytes())
    for words in (
        ["backup", str(tmp_path / "backup"), "--results", str(results)],
        ["restore", str(copied), "--results", str(tmp_path / "restored")],
    ):
        refused = CliRunner().invoke(app, words).exception
        assert isinstance(refused, RequestError), words
        assert "must be of a store in a folder" in str(refused)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "cache") == ["copied", "results"]
    with planstore.open(address.url) as store, pytest.raises(PlanstoreError, match="planstore copy"):
        store.maintenance.backup(tmp_path / "backup")
