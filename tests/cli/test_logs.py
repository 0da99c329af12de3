"""Notes, warnings, errors and progress have one way to standard error: as text or JSON, from a chosen level on."""

from __future__ import annotations

import json
import logging
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import planstore
import samples
from planstore.checks.log_levels import LEVELS
from planstore.cli import output, progress
from planstore.cli.logs import LogHandler, attach, attached, configure
from planstore.cli.project import variable
from planstore.cli.verbs import app
from planstore.errors import RequestError
from verbs_forked import Call, endings

ALL = ("commit 7", "note", "step", "late", "warned", "error")


@pytest.fixture
def handler() -> Any:
    """Yield the handler of a verb."""
    detach = attach()
    yield attached()
    detach()
    assert attached() is None


def said() -> None:
    """Say one thing of each kind."""
    logging.getLogger("planstore.ledger").info("commit %d", 7, extra={"commit_id": 7, "results": Path("r")})
    output.print_note("planstore: note")
    with progress.step_bars() as (step, _):
        step("step")
    logging.getLogger("another.library").warning("late\x1b")
    output.print_warning("warned")
    output.print_error("error", exit_code=2)


@pytest.mark.parametrize(
    ("level", "shown"),
    [("debug", ALL), ("info", ALL), ("notice", ALL[1:]), ("warning", ALL[3:]), ("error", ALL[5:])],
)
def test_a_level_shows_what_is_at_least_as_grave(
    handler: LogHandler, capsys: pytest.CaptureFixture[str], level: str, shown: tuple[str, ...]
) -> None:
    configure(handler, level, "text")
    said()
    lines = capsys.readouterr().err.splitlines()
    assert [line.removeprefix("planstore: ").removesuffix("\\x1b") for line in lines] == list(shown)
    assert all(line.isprintable() for line in lines)


def test_json_is_one_object_a_line_with_time_level_logger_message_and_fields(
    handler: LogHandler, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(handler, "info", "json")
    said()
    found = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [one["message"] for one in found] == ["commit 7", "note", "step", "late\x1b", "warned", "error"]
    assert [one["level"] for one in found] == ["info", "notice", "notice", "warning", "warning", "error"]
    assert [one["fields"] for one in found] == [{"commit_id": 7, "results": "r"}, {}, {}, {}, {}, {"exit_code": 2}]
    assert [one["logger"] for one in found][:4] == [
        "planstore.ledger", "planstore.cli", "planstore.progress", "another.library",
    ]  # fmt: skip
    assert abs(datetime.fromisoformat(found[0]["time"]) - datetime.now(UTC)).total_seconds() < 60


def test_flags_go_before_variables_and_these_before_the_project_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for key in ("log_level", "log_format"):
        monkeypatch.delenv(variable(key), raising=False)

    def settings(*flags: str) -> list[tuple[str, str]]:
        done = CliRunner().invoke(app, [*flags, "doctor", "--json"])
        rows = {one["name"]: (one["value"], one["source"]) for one in json.loads(done.stdout)["settings"]}
        return [rows["log_level"], rows["log_format"]]

    planstore.open("results").create()
    assert settings() == [("notice", "default"), ("text", "default")]
    file = tmp_path / "planstore.toml"
    file.write_text('log_level = "warning"\nlog_format = "json"\n', encoding="utf-8")
    assert settings() == [("warning", str(file)), ("json", str(file))]
    assert CliRunner().invoke(app, ["init", "--results", "new"]).stderr.count('"level":"warning"') == 1
    assert CliRunner().invoke(app, ["--log-level", "error", "init", "--results", "newer"]).stderr == ""
    monkeypatch.setenv("PLANSTORE_LOG_LEVEL", "error")
    assert settings("--log-format", "text") == [("error", "PLANSTORE_LOG_LEVEL"), ("text", "--log-format")]
    assert settings("-v")[0] == ("info", "-v")
    assert settings("--quiet")[0] == ("warning", "-q")
    for words, message in (
        (["-v", "-q"], "-v, -q and --log-level must be given one at a time"),
        (["-q", "--log-level", "info"], "must be given one at a time"),
        (["--log-level", "loud"], "log_level must be one of debug, info, notice, warning, error, got 'loud'"),
        (["--log-format", "xml"], "log_format must be one of text, json, got 'xml'"),
    ):
        done = CliRunner().invoke(app, [*words, "plan"])
        assert isinstance(done.exception, RequestError), words
        assert message in str(done.exception)
    assert (attached(), logging.getLogger("planstore").level) == (None, logging.NOTSET)


def test_errors_are_shown_at_every_level_and_in_json_with_their_fields(tmp_path: Path) -> None:
    samples.parquet(tmp_path / "c.parquet", samples.records())
    (tmp_path / "policy.yaml").write_text(samples.POLICY_YAML, encoding="utf-8")
    route = ["route", "c.parquet", "--policy", "policy.yaml"]
    text, json_log, usage, as_before, quiet, verbose = endings(
        [
            Call(["-q", "plan"]),
            Call(["-q", "--log-format", "json", "plan"]),
            Call(["--log-format", "json", "plan", "--nonsense"]),
            Call(["--log-format", "json", "plan", "--json"]),
            Call(["-q", *route, "--results", "quiet"]),
            Call(["-v", "--log-format", "json", *route, "--results", "quiet"]),
        ],
        tmp_path,
    )
    assert [one.code for one in (text, json_log, usage, as_before, quiet, verbose)] == [2, 2, 2, 2, 0, 0]
    assert text.error.startswith("planstore: there is no store in ")
    found = json.loads(json_log.error)
    assert (found["level"], found["logger"]) == ("error", "planstore.cli")
    assert found["fields"] == {"error": "StoreMissingError", "exit_code": 2, "commits": []}
    assert json.loads(usage.error)["message"] == "No such option: --nonsense"
    assert json.loads(as_before.error).keys() == {"error", "message", "exit_code", "commits"}
    assert quiet.error == "there is no store in quiet yet: a new one is made on first use\n"
    commits = [one for one in map(json.loads, verbose.error.splitlines()) if "commit_id" in one["fields"]]
    assert [one["message"] for one in commits] == ["commit 2 is recorded"]


def test_a_warning_of_python_is_a_log_too(handler: LogHandler, capsys: pytest.CaptureFixture[str]) -> None:
    from planstore.cli.process import _show_warning

    configure(handler, "notice", "json")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = _show_warning
        warnings.warn("old", stacklevel=1)
    assert json.loads(capsys.readouterr().err)["message"] == "old"
    assert list(LEVELS) == ["debug", "info", "notice", "warning", "error"]
