"""A panel in object storage is read, measured, trained and predicted on like the same files in a folder."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import markets
import planstore
from faults.proxy import Fate, Proxy
from planstore import PanelError
from planstore.cli.verbs import app
from planstore.training.execution.inputs import JobInputs
from planstore.training.execution.task import Task
from planstore.training.panel.cache import panel_cache
from planstore.training.panel.panel import Panel
from team_servers import TeamServers

SETTINGS = "panel: {targets: {y_up_1d: {embargo: 2}}, ignore: [f4]}\n"


def mixed_panel(folder: Path) -> Path:
    """Write a panel of all kinds of files: hive folders, CSV, settings, an empty and an unfinished file."""
    made = markets.write_panel(folder.with_name("made"), ["AAA", "BBB", "CCC"], days=90)
    hive = folder / "symbol=A%2FA"
    hive.mkdir(parents=True)
    pd.read_parquet(made / "AAA.parquet").drop(columns="symbol").to_parquet(hive / "0 of 1+.parquet", index=False)
    (folder / "BBB.PQ").write_bytes((made / "BBB.parquet").read_bytes())
    pd.read_parquet(made / "CCC.parquet").to_csv(folder / "CCC.csv", index=False)
    (folder / "DDD.parquet").write_bytes(b"")
    (folder / "_temporary").mkdir()
    (folder / "_temporary" / "EEE.parquet").write_bytes(b"unfinished")
    (folder / "panel.yaml").write_text(SETTINGS, encoding="utf-8")
    return folder


def answer(*words: object) -> Any:
    done = CliRunner().invoke(app, [*map(str, words), "--json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), (words, done.exception)
    return json.loads(done.stdout)


def inputs(panel: Panel) -> str:
    """Return the digest by which the results of an earlier job are reused."""
    return JobInputs.of(panel.sample("y_up_1d"), panel.target("y_up_1d"), Task("a", 1, "y_up_1d", None, ())).digest


def test_a_panel_in_object_storage_is_that_of_the_same_files(team_servers: TeamServers, tmp_path: Path) -> None:
    folder = mixed_panel(tmp_path / "panel")
    address = team_servers.upload(folder)
    local, remote = Panel.read(folder), Panel.read(f"{address}/")
    assert remote.symbols == ["A/A", "BBB", "CCC"]
    assert remote.missing == {"DDD": f"{address}/DDD.parquet is empty"}
    assert remote.settings == local.settings == {"targets": {"y_up_1d": {"embargo": 2}}, "ignore": ["f4"]}
    local.missing.update(remote.missing)
    local.troubles[:] = remote.troubles
    assert remote.digest == local.digest
    assert inputs(remote) == inputs(local)
    assert remote.origin is not None
    assert remote.origin.read().digest == remote.digest
    one = Panel.read(Path(f"{address}/CCC.csv"))  # a path joins the slashes
    assert (one.symbols, one.settings) == (["CCC"], {})
    assert one.digest == Panel.read(folder / "CCC.csv").digest


def test_the_verbs_take_an_address(team_servers: TeamServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = markets.write_panel(tmp_path / "panel", ["AAA"], days=120)
    address = team_servers.upload(folder)
    with planstore.open("results") as store:
        markets.route(store, ["linear"], symbols=["AAA"], targets=["fwd_ret_1d"])
    assert answer("train", address, "--workers", 1)["progress"] == {"succeeded": 1}
    for number, panel in enumerate((folder, address)):
        assert answer("predict", panel, "--out", f"predicted-{number}.parquet")["predictions"] == 120
    assert pq.read_table("predicted-0.parquet").equals(pq.read_table("predicted-1.parquet"))
    (tmp_path / "planstore.toml").write_text(f'panel = "{address}"\n', encoding="utf-8")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert answer("train", "--results", tmp_path / "results", "--dry-run")["jobs"] == []


def test_a_panel_in_object_storage_that_cannot_be_read_is_one_error(
    team_servers: TeamServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = markets.write_panel(tmp_path / "panel", ["AAA"], days=60)
    (folder / "notes.txt").write_text("no panel")
    (folder / "texts").mkdir()
    (folder / "texts" / "notes.txt").write_text("no panel")
    (folder / "odd").mkdir()
    (folder / "odd" / "A?.parquet").write_bytes((folder / "AAA.parquet").read_bytes())
    address = team_servers.upload(folder)
    results = tmp_path / "results"

    def refused(panel: str) -> str:
        done = CliRunner().invoke(app, ["evidence", panel, "--results", str(results)])
        assert isinstance(done.exception, PanelError), (panel, done.exception, done.output)
        assert "\n" not in str(done.exception)
        assert not results.exists()
        return str(done.exception)

    assert refused(f"{address}-none").startswith(f"{address}-none: there is no such object, and none under it")
    assert "must be a folder or one file of .parquet, .pq, .csv, got" in refused(f"{address}/notes.txt")
    assert "must have .parquet, .pq, .csv files, got none" in refused(f"{address}/texts")
    assert "must be without ?, * and [, got 'A?.parquet'" in refused(f"{address}/odd")
    assert "NoSuchBucket" in refused("s3://no-such-bucket/panel")
    for wrong in ("s3://", "s3://B/panel", f"{address}/../x", f"{address}/*.parquet"):
        assert "the address of a panel must be s3://BUCKET/PREFIX, without" in refused(wrong)
    for secret in ("s3://me:pl4nted@lake/panel", f"{address}/AAA.parquet?s3_secret_access_key=pl4nted"):
        assert "got an address with @, ? or #" in refused(secret)
        assert "pl4nted" not in refused(secret)
    with monkeypatch.context() as patch:
        patch.setenv("AWS_SECRET_ACCESS_KEY", "pl4nted")
        told = refused(address)
        assert told.startswith(f"the panel must be readable, got s3://{team_servers.bucket}/ could not be used")
        assert ("403" in told, "pl4nted" in told) == (True, False)
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "obstore", None)
        assert refused(address) == (
            "the panel cannot be read: a panel in object storage needs obstore: run `pip install 'planstore[team]'`"
        )


@pytest.mark.parametrize("fate", ["503", "cut"])
def test_a_server_that_stops_answering_makes_no_symbol_missing(
    team_servers: TeamServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fate: Fate
) -> None:
    rows = 120_000
    times = np.datetime64("2020-01-01", "us") + np.arange(rows) * np.timedelta64(60, "s")
    values = {f"f{number}": np.random.default_rng(number).normal(size=rows) for number in range(8)}
    table = pa.table({"timestamp": times, **values, "y_up_1d": (values["f0"] > 0).astype(float)})
    for symbol in "AB":
        pq.write_table(table, tmp_path / f"{symbol}.parquet", row_group_size=rows // 8)
    address = team_servers.upload(tmp_path)
    with Proxy(team_servers.objects) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.port}")
        proxy.rule("pass", r"^GET [^?]*parquet")
        assert Panel.read(address).symbols == ["A", "B"]
        requests = proxy.rule("pass", r"^GET [^?]*parquet")
        assert requests > 10
        assert Panel.read(address).symbols == ["A", "B"]
        assert proxy.rule("pass") == 0  # because it is laid out already
        assert len(panel_cache().clean()) == 1
        for skip in (2, requests - 1):
            proxy.rule(fate, r"^GET [^?]*parquet", skip=skip)
            with pytest.raises(PanelError, match=f"the panel must be readable, got {address} could not be read"):
                Panel.read(address)
        assert proxy.rule("pass") > 0
