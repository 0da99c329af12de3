"""A team store does what a store in a folder does: it is joined, written, read, audited and compacted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import orjson
import pyarrow as pa
import pytest

import planstore
import samples
from planstore import RequestError, StoreError, StoreVersionError
from planstore.events.candidate_columns import DERIVED
from planstore.ledger.disk_usage import disk_usage
from planstore.ledger.marker import FORMAT
from planstore.ledger.migration import migrate
from planstore.ledger.opening import join
from planstore.ledger.team.address import TeamAddress
from planstore.ledger.team.checkup import check_servers
from planstore.ledger.team.storage import TeamStorage
from team_servers import TeamServers


@pytest.fixture
def address(team_servers: TeamServers) -> TeamAddress:
    return TeamAddress.of_url(team_servers.address())


def test_two_folders_and_an_address_are_one_store(address: TeamAddress, tmp_path: Path) -> None:
    folders = tmp_path / "a", tmp_path / "b"
    orphan = "data/main/jobs/ducklake-01a21d1d-bfec-7c12-ae6c-667306eeea63.parquet"
    assert [join(address, folder / "planstore") for folder in folders] == [True, False]
    with planstore.open(folders[0]) as first, planstore.open(folders[1]) as second:
        first.route(samples.table(samples.records()), samples.policy())
        target = str(first.sql("select min(target) from decisions").fetchall()[0][0])
        assert second.why(target).as_dict() == first.why(target).as_dict()
        second.export()
        assert (folders[1] / "planstore" / "exported.json").exists()
        assert not (folders[0] / "planstore" / "exported.json").exists()
        before = second.integrity.anchor()
        objects = TeamStorage(address, tmp_path).objects
        objects.put(orphan, b"of a writer that has lost the lock and may still commit")
        compacted = second.maintenance.compact(grace=timedelta(0))
        assert compacted.flushed > 0
        assert (compacted.orphans, objects.has(orphan)) == (0, True)
        assert first.integrity.verify(before).findings == []
        usage = {one.part: one for one in disk_usage(second.access.ledger.storage)}
        artifacts = second.sql("select count(*), sum(size) from artifacts").fetchall()[0]
        assert (usage["artifacts"].files, usage["artifacts"].size) == artifacts
        assert {"catalog", "other", "table candidates", "table decisions"} <= usage.keys()
        assert usage["table decisions"].size == sum(size for _, size in objects.sizes("data/main/decisions/"))
        assert usage["catalog"].files > 20 < usage["catalog"].size
        first.maintenance.rebuild()
        assert first.integrity.verify(before).findings == []
    with planstore.open(address.url) as third:
        assert int(third.integrity.anchor().partition(":")[0]) >= int(before.partition(":")[0])
        with pytest.raises(RequestError, match="export needs a results folder"):
            third.export()


def test_files_that_the_database_removed_are_named_by_the_doctor_and_brought_back_by_a_compaction(
    address: TeamAddress, tmp_path: Path
) -> None:
    """As when the answer to a commit was lost, and its writer was killed before it brought them back."""
    storage = TeamStorage(address, tmp_path)

    def lost() -> tuple[str, bool]:
        check = {one.name: one for one in check_servers(storage)}["missing files"]
        return check.text, check.advice is not None

    with planstore.open(address.url) as store:
        store.route(samples.table(samples.records()), samples.policy())
        assert lost() == ("0 that commits name", False)
        files = sorted(storage.data.files())
        for name in files:
            storage._access.client.delete_object(Bucket=address.bucket, Key=f"{address.prefix}/data/{name}")
        assert lost() == (f"{len(files)} that commits name", True)
        assert store.integrity.verify().findings != []
        store.maintenance.compact()
        assert store.integrity.verify().findings == []
        gone = sorted(storage.data.files())[0]
        key = f"{address.prefix}/data/{gone}"
        for version in storage._access.client.list_object_versions(Bucket=address.bucket, Prefix=key)["Versions"]:
            storage._access.client.delete_object(Bucket=address.bucket, Key=key, VersionId=version["VersionId"])
        with pytest.raises(StoreError, match=f"commits name {gone}, which is gone: restore a backup"):
            store.maintenance.compact()
    assert lost() == ("1 that commits name", True)
    storage.close()


def test_a_migration_knows_the_formats_that_team_stores_had(address: TeamAddress, tmp_path: Path) -> None:
    folder = tmp_path / "results" / "planstore"
    join(address, folder)
    storage = TeamStorage(address, folder)
    marker = storage.objects.get("store.json")
    migrated = migrate(folder)
    assert (migrated.before, migrated.after) == (FORMAT, FORMAT)
    for other in (2, FORMAT + 1):
        storage.objects.replace("store.json", orjson.dumps({"format": other, "schema": address.schema}))
        with pytest.raises(StoreVersionError, match="run `planstore migrate`"):
            planstore.open(address.url)
        with pytest.raises(StoreVersionError, match=f"has format {other}, this planstore knows formats 3 to {FORMAT}"):
            migrate(folder)
    storage.write_marker()
    assert storage.objects.get("store.json") == marker
    storage.close()


def test_a_store_of_the_format_before_is_migrated_in_its_place(address: TeamAddress, tmp_path: Path) -> None:
    folder = tmp_path / "results" / "planstore"
    join(address, folder)
    with planstore.open(folder.parent) as store:
        store.route(samples.table(samples.records()), samples.policy(semantics="reference"))
        anchor = store.integrity.anchor()
        connection = store.access.ledger.writer()._connection
        for column in ("null_sd", "p_value", "effective_samples", *DERIVED):
            connection.execute(f"alter table lake.candidates drop column {column}")
    storage = TeamStorage(address, folder)
    storage.objects.replace("store.json", orjson.dumps({"format": 3, "schema": address.schema}))
    with pytest.raises(StoreVersionError, match="run `planstore migrate`"):
        planstore.open(folder.parent)
    migrated = migrate(folder)
    assert (migrated.before, migrated.after, migrated.lost) == (3, FORMAT, ())
    rows = [row | {"p_value": 0.01} for row in samples.records(2, 2)]
    with planstore.open(folder.parent) as store:
        store.route(pa.Table.from_pylist(rows), samples.policy())
        assert store.sql("select count(*), count(p_value) from candidates").fetchall() == [(21, 6)]
        assert store.integrity.verify(anchor).findings == []
    storage.close()


def test_a_store_moves_from_a_folder_to_the_team_and_back(
    address: TeamAddress, store: planstore.Store, tmp_path: Path
) -> None:
    store.route(samples.table(samples.records()), samples.policy())
    anchor = store.integrity.anchor()
    assert store.maintenance.copy(address.url).commits == 1
    with planstore.open(address.url) as team:
        assert team.integrity.verify(anchor).findings == []
        team.route(samples.table(samples.records(seed=7)), samples.policy())
        assert team.maintenance.copy(tmp_path / "back").commits == 2
        with planstore.open(tmp_path / "back") as back:
            assert back.integrity.verify(team.integrity.anchor()).findings == []
            assert back.integrity.verify(anchor).findings == []


def test_a_schema_and_a_prefix_of_two_stores_are_refused(team_servers: TeamServers, tmp_path: Path) -> None:
    first, second = (TeamAddress.of_url(team_servers.address()) for _ in range(2))
    join(first, tmp_path / "first" / "planstore")
    with pytest.raises(StoreError, match=f"the files of schema {first.schema} must be in {first.data}/data/, got"):
        join(replace(first, data=second.data), tmp_path / "mixed" / "planstore")
    with pytest.raises(StoreError, match=f"the schema of {first.data} must be {first.schema}, got {second.schema}"):
        join(replace(first, schema=second.schema), tmp_path / "mixed" / "planstore")
    assert not (tmp_path / "mixed").exists()
