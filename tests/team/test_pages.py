"""The pages of a team store, which a writer elsewhere appends to."""

from __future__ import annotations

import planstore
import samples
from team_servers import TeamServers
from ui_servers import served


def test_pages_show_a_team_store_and_the_commits_of_others(team_servers: TeamServers) -> None:
    address = team_servers.address()
    with planstore.open(address) as writer, planstore.open(address) as reader:
        writer.route(samples.table(samples.records(1, 2)), samples.policy(), run_id="first")
        with served(reader) as client:
            assert client.get("/api/v1/head").json == {"commit_id": 1}
            assert "first" in client.get("/").text
            assert client.get("/api/v1/map").json["routes"] == ["xx"]
            writer.route(samples.table(samples.records(1, 2, seed=9)), samples.policy(), run_id="second")
            assert [run["run_id"] for run in client.get("/api/v1/runs").json] == ["second", "first"]
            assert client.get("/api/v1/sql", query="select count(*) as n from runs").json["rows"] == [{"n": 2}]
            assert [run["run_id"] for run in client.get("/api/v1/runs", as_of=1).json] == ["first"]
