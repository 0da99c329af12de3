"""An address of a team store is read by libpq's rules, and one with a password is refused without repeating it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from psycopg.conninfo import conninfo_to_dict
from typer.testing import CliRunner

import planstore
from planstore import RequestError, StoreError
from planstore.cli.verbs import app
from planstore.ledger.opening import storage_in
from planstore.ledger.team.address import TeamAddress
from planstore.ledger.team.connection import Connector

OWN = "schema=plans&data=s3://quant-lake/plans"
PLANTED = "pl4nted"
WITH_PASSWORD = (
    "postgresql://u:pl4nted@h/db",
    "postgresql://u:@h/db?sslkey=pl4nted",
    "postgresql://u%3Apl4nted@h/db",
    "postgresql://u%3apl4nted@h/db",
    "postgresql://u:pl4/nted:pl4nted@h/db",
    "postgresql://u:pl4nted#@h/db",
    "postgresql://u:[pl4nted@h/db",
    "postgresql://u:pl4nted@x@h/db",
    "postgresql://u:pl4nted@h1:1,h2:2/db",
    "postgresql://u:pl4nted@[::1]:5432/db",
    "postgresql://h/db?password=pl4nted",
    "postgresql://h/db?PassWord=pl4nted",
    "postgresql://h/db?%70assword=pl4nted",
    "postgresql://h/db?%2570assword=pl4nted",
    "postgresql://h/db?sslpassword=pl4nted",
    "postgresql://h/db?PASSWD=pl4nted",
    "postgresql://h/db?pwd=pl4nted",
    "postgresql://h/db?oauth_client_secret=pl4nted",
    "postgresql://h/db?scram_client_key=pl4nted",
    "postgresql://h/db?sslmode=require&password=pl4nted",
)
MALFORMED = (
    "postgresql://h/db;password=pl4nted",
    "postgresql://h/dbname%3Dx%20password=pl4nted",
    "postgresql://h/db#pl4nted",
    "postgresql://h/db?sslmode=require#pl4nted",
    "postgresql://h/db?sslkey=x@pl4nted",
    "postgresql://h/db?a?b=pl4nted",
    "postgresql://h/db/pl4nted",
    "postgresql://h pl4nted/db",
    "postgresql://h:pl4nted/db",
    "postgresql://h:99999/db",
    "postgresql://h:0/db",
    "postgresql://[::1/db",
    "postgresql://h/%zz",
    "postgresql://h/%00",
    "postgresql://h/%ff",
    "postgresql://h/a%0Ab",
    "postgresql:h/db",
    "postgresql:/h/db",
    "POSTGRESQL://h/db",
    " postgresql://h/db",
    "postgresql+psycopg://h/pl4nted",
    "mysql://h/pl4nted",
    "s3://bucket/pl4nted",
    "https://h/pl4nted",
)


@pytest.mark.parametrize("url", [*WITH_PASSWORD, *MALFORMED])
def test_an_address_with_a_password_or_of_another_form_is_refused_and_not_repeated(url: str, tmp_path: Path) -> None:
    told = "must not contain a password" if url in WITH_PASSWORD else "the catalog must be postgresql://"
    whole = f"{url}{'&' if '?' in url else '?'}{OWN}"
    results = tmp_path / "results"
    asked: list[Callable[[], object]] = [
        lambda: planstore.open(whole),
        lambda: TeamAddress(url, "plans", "s3://quant-lake/plans"),
        lambda: storage_in(results / "planstore"),
    ]
    (results / "planstore").mkdir(parents=True)
    marker = {"format": 3, "catalog": url, "schema": "plans", "data": "s3://quant-lake/plans"}
    (results / "planstore" / "store.json").write_bytes(orjson.dumps(marker))
    for ask in asked:
        with pytest.raises(RequestError, match=told) as refused:
            ask()
        assert PLANTED not in str(refused.value) + repr(refused.value.__cause__)
    options = ["--catalog", url, "--schema", "plans", "--data", "s3://quant-lake/plans"]
    done = CliRunner().invoke(app, ["init", "--results", str(tmp_path / "new"), *options])
    assert (done.exit_code, type(done.exception)) == (1, RequestError)
    assert PLANTED not in done.output + str(done.exception)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("catalog", "parts"),
    [
        ("postgresql://h/db", {"host": "h", "dbname": "db"}),
        ("postgres://h", {"host": "h"}),
        ("postgresql:///db", {"dbname": "db"}),
        ("postgresql:///", {}),
        ("postgresql://u@:5432/db", {"user": "u", "port": "5432", "dbname": "db"}),
        ("postgresql://a%40b@h/my%20db", {"user": "a@b", "host": "h", "dbname": "my db"}),
        ("postgresql://[::1]:5432/db", {"host": "::1", "port": "5432", "dbname": "db"}),
        ("postgresql://[fe80::1]/db", {"host": "fe80::1", "dbname": "db"}),
        ("postgresql://h1:1,h2:2/db", {"host": "h1,h2", "port": "1,2", "dbname": "db"}),
        ("postgresql://[::1]:1,h2/db", {"host": "::1,h2", "port": "1,", "dbname": "db"}),
        ("postgresql://%2FTmp%2Fsocket/db", {"host": "/Tmp/socket", "dbname": "db"}),
        ("postgresql://H.Example:/Db", {"host": "H.Example", "dbname": "Db"}),
        ("postgresql:///?service=plans", {"service": "plans"}),
        ("postgresql://h/db?sslmode=verify-full", {"host": "h", "dbname": "db", "sslmode": "verify-full"}),
        ("postgresql://h/db?options=-c%20a%3Db", {"host": "h", "dbname": "db", "options": "-c a=b"}),
    ],
)
def test_an_address_means_what_it_means_to_libpq(catalog: str, parts: dict[str, str]) -> None:
    address = TeamAddress(catalog, "plans", "s3://quant-lake/plans/")
    assert TeamAddress.of_url(address.url) == address
    assert TeamAddress.of_marker({"format": 3, **address.as_dict()}) == address
    assert (address.bucket, address.prefix) == ("quant-lake", "plans")
    given = conninfo_to_dict(Connector(address).conninfo("a test"))
    for always in ("client_encoding", "connect_timeout", "application_name"):
        assert given.pop(always)
    assert {key: value for key, value in given.items() if not key.startswith("keepalives")} == parts


@pytest.mark.parametrize(
    ("schema", "data", "told"),
    [
        *((name, "s3://b-b/p", "the schema must be") for name in ("", "A", "a b", 'a"b', "1a", "pg_x", "ä", "a" * 64)),
        ("information_schema", "s3://b-b/p", "the schema must be"),
        *(("a", f"s3://{data}", "the data must be s3://BUCKET/PREFIX") for data in ("b-b", "b-b/", "b-b//p", "B/p")),
        *(("a", f"s3://b-b/{key}", "the data must be") for key in ("..", "./p", "p/../q", "p q", "p'", "p*", "%2e%2e")),
        *(("a", data, "the data must be") for data in ("S3://b-b/p", "s3a://b-b/p", "gs://b-b/p", "/b-b/p", "")),
        ("a", "s3://key:pl4nted@b-b/p", "the data must be"),
        ("a", "s3://b-b/p?secret=pl4nted", "the data must be"),
        ("a", "s3://b-b/p#pl4nted", "the data must be"),
    ],
)
def test_a_schema_or_prefix_of_another_form_is_refused(schema: str, data: str, told: str) -> None:
    with pytest.raises(RequestError, match=told) as refused:
        TeamAddress("postgresql://h/db", schema, data)
    assert PLANTED not in str(refused.value)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("schema=plans", "must name data"),
        ("data=s3://b-b/p", "must name schema"),
        ("", "must name schema and data"),
        (f"{OWN}&schema=other", "must be given once, with a value, got 'schema' again"),
        (f"{OWN}&sslmode=", "got 'sslmode' without one"),
        (f"{OWN}&sslmode=require&sslmode=disable", "got 'sslmode' again"),
        (f"{OWN}&host=h", "parameters must be of .* got 'host'"),
        (f"{OWN}&nothing=1", "parameters must be of .* got 'nothing'"),
    ],
)
def test_each_parameter_is_given_once_and_known(query: str, told: str) -> None:
    with pytest.raises(RequestError, match=told):
        TeamAddress.of_url(f"postgresql://h/db?{query}")


GOOD = {"format": 3, "catalog": "postgresql://h/db", "schema": "plans", "data": "s3://b-b/p"}


@pytest.mark.parametrize(
    ("marker", "kind", "told"),
    [
        ({**GOOD, "password": PLANTED}, RequestError, "password"),
        ({"format": 3, "password": PLANTED}, RequestError, "password"),
        ({**GOOD, "secret_access_key": PLANTED}, RequestError, "secret_access_key"),
        ({**GOOD, "catalog": [PLANTED]}, RequestError, "catalog .list."),
        ({**GOOD, "schema": None}, RequestError, "schema .NoneType."),
        ({key: value for key, value in GOOD.items() if key != "catalog"}, RequestError, "must have the texts catalog"),
        ({**GOOD, "format": 99, "region": "x"}, StoreError, "use a newer planstore"),
        ([PLANTED], StoreError, "does not say what kind of store"),
        ({"catalog": "postgresql://h/db"}, StoreError, "does not say what kind of store"),
    ],
)
def test_a_malformed_marker_is_refused_with_its_path(
    marker: object, kind: type[Exception], told: str, tmp_path: Path
) -> None:
    folder = tmp_path / "results" / "planstore"
    folder.mkdir(parents=True)
    (folder / "store.json").write_bytes(orjson.dumps(marker))
    with pytest.raises(kind, match=told) as refused:
        planstore.open(tmp_path / "results")
    assert str(folder / "store.json") in str(refused.value)
    assert PLANTED not in str(refused.value)
