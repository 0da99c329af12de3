"""Who the server of pages lets in, and how it is started."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from planstore.api.store import Store
from planstore.cli.verbs import app
from planstore.errors import RequestError
from planstore.ui.addresses import API
from planstore.ui.server import ServerSettings, serve
from ui_servers import TOKEN, Client, served


def test_only_who_has_the_token_is_let_in(client: Client) -> None:
    assert client.get("/", headers={}).status == 401
    assert "Open the address" in client.get("/", headers={}).text
    assert client.get("/api/v1/runs", headers={}).status == 401
    assert client.get("/", headers={}, token="another").status == 401
    assert client.get("/", headers={"Authorization": "Bearer another"}).status == 401
    assert client.get("/", headers={"Cookie": f"planstore-{client.port}=another"}).status == 401
    entered = client.get("/run", headers={}, token=TOKEN, run="<b>run</b> 0")
    assert (entered.status, entered.headers["location"]) == (303, "/run?run=%3Cb%3Erun%3C%2Fb%3E+0")
    cookie = entered.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert client.get("/", headers={"Cookie": cookie.partition(";")[0]}).status == 200
    assert client.get("//elsewhere.example/", headers={}, token=TOKEN).headers["location"] == "/elsewhere.example/"


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (421, {"Host": "elsewhere.example"}),
        (421, {"Host": "elsewhere.example:80"}),
        (421, {"Host": "[::1"}),
        (200, {"Host": "localhost:1"}),
        (200, {"Host": "[::1]:9"}),
        (403, {"Origin": "http://elsewhere.example"}),
        (403, {"Origin": "null"}),
        (403, {"Origin": "http://[::1"}),
        (403, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}),
        (403, {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}),
        (200, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}),
        (200, {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}),
    ],
)
def test_a_page_of_another_site_is_refused(client: Client, status: int, headers: dict[str, str]) -> None:
    assert client.get("/", headers={**client.headers, **headers}).status == status


def test_a_link_of_another_site_runs_no_query(client: Client) -> None:
    link = {**client.headers, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/sql", headers=link, query="from runs").status == 200
    assert client.get(f"{API}/sql", headers=link, query="from runs").status == 403
    typed = {**client.headers, "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}
    assert client.get(f"{API}/sql", headers=typed, query="from runs").status == 200


def test_a_request_of_a_page_of_its_own_has_its_origin(client: Client) -> None:
    assert client.get("/", headers={**client.headers, "Origin": client.origin}).status == 200


def test_nothing_but_reading_is_allowed(client: Client) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        refused = client.get("/api/v1/runs", method=method)
        assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD")
    assert client.get("/", method="HEAD").status == 200


def test_a_server_has_the_names_that_it_is_told(told: Store) -> None:
    with served(told, names=("Plans.example",)) as client:
        assert client.get("/", headers={**client.headers, "Host": "plans.EXAMPLE"}).status == 200
        assert client.get("/", headers={**client.headers, "Host": "other.example"}).status == 421


def test_a_server_for_others_needs_a_token_of_its_owner(tmp_path: Path, store: Store) -> None:
    with pytest.raises(RequestError, match=r"^host must be an address of this machine alone, .* add --token-file FILE"):
        ServerSettings(host="0.0.0.0")
    token = tmp_path / "token"
    settings = ServerSettings(host="0.0.0.0", token_file=token)
    with pytest.raises(RequestError, match=r"^token_file must be a readable text file"):
        settings.token()
    token.write_text("x" * 30 + "\n")
    token.chmod(0o644)
    with pytest.raises(RequestError, match=r"^token_file must be readable by you alone, .*: chmod 600 "):
        settings.token()
    token.chmod(0o600)
    assert settings.token() == "x" * 30
    token.write_text("short")
    with pytest.raises(RequestError, match=r"^token_file must hold at least 16 ASCII characters"):
        settings.token()
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(RequestError, match=r"^port must be free at "):
        serve(store, ServerSettings(port=taken.getsockname()[1]), lambda _: None)
    with pytest.raises(RequestError, match=r"^host must be an address of this machine, got 192\.0\.2\.1|^port must be"):
        serve(store, ServerSettings(host="192.0.2.1", token_file=_secret(tmp_path)), lambda _: None)


def _secret(folder: Path) -> Path:
    path = folder / "secret"
    path.write_text("s" * 20)
    path.chmod(0o600)
    return path


def test_without_the_extra_there_is_one_clear_error(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.create()
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    failed = CliRunner().invoke(app, ["ui", "--no-open", "--results", str(store.results)]).exception
    assert isinstance(failed, RequestError)
    assert str(failed).endswith("pip install 'planstore[ui]'")


def test_the_verb_serves_until_it_is_interrupted(told: Store) -> None:
    command = [
        str(Path(sys.executable).with_name("planstore")),
        "ui",
        "--json",
        "--no-open",
        "--results",
        str(told.results),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        address = json.loads(process.stdout.readline())["address"]
        port = int(address.partition("127.0.0.1:")[2].partition("/")[0])
        token = address.partition("token=")[2]
        found = Client(port, {"Authorization": f"Bearer {token}"}).get("/api/v1/runs")
        assert [run["run_id"] for run in found.json] == ["<b>run</b> 5", "<b>run</b> 0"]
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert process.stderr.read() == b""
