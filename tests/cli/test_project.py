"""The project file gives values of options, each of which a variable or a flag overrides; ``doctor`` shows them."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import planstore
import samples
from planstore.cli.doctor import _store
from planstore.cli.project import KEYS, OF_EVERY_VERB, find_project, policy_option, variable
from planstore.errors import RequestError
from planstore.ledger.disk_usage import disk_usage
from planstore.ledger.embedded import checkup
from planstore.ledger.layout import StoreLayout
from planstore.routing.policy_defaults import DEFAULT_POLICY
from planstore.routing.policy_reader import read_policy
from verbs_forked import Call, endings


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a project file, and work in a folder below it, without variables."""
    (tmp_path / "planstore.toml").write_text('results = "out"\npolicy = "policy.yaml"\n', encoding="utf-8")
    (tmp_path / "policy.yaml").write_text(samples.POLICY_YAML, encoding="utf-8")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    for key in KEYS:
        monkeypatch.delenv(variable(key), raising=False)
    monkeypatch.chdir(below)
    return tmp_path


def answers(folder: Path, *calls: tuple[str, ...], codes: tuple[int, ...] = ()) -> list[Any]:
    """Return the JSON answers of verbs that run in a folder."""
    outputs = [folder / f"answer-{place}.json" for place in range(len(calls))]
    made = [Call([*words, "--json"], output=str(output)) for words, output in zip(calls, outputs, strict=True)]
    ended = endings(made, folder)
    assert [one.code for one in ended] == list(codes or (0,) * len(calls)), ended
    found = [json.loads(output.read_text(encoding="utf-8")) for output in outputs]
    for output in outputs:
        output.unlink()  # because a later call would write over the beginning
    return found


def test_values_are_found_upward_and_a_flag_and_a_variable_go_before_them(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = project / "a" / "b"
    samples.parquet(below / "c.parquet", samples.records())
    _, doctor = answers(below, ("route", "c.parquet"), ("doctor",))
    with planstore.open(project / "out", create=False) as store:
        assert len(store.log()) == 1
    settings = {one["name"]: (one["value"], one["source"]) for one in doctor["settings"]}
    file = str(project / "planstore.toml")
    assert settings == {
        "results": (str(project / "out"), file),
        "policy": (str(project / "policy.yaml"), file),
        "families": (None, "default"),
        "panel": (None, "default"),
        "executor": ("local", "default"),
        "log_level": ("notice", "default"),
        "log_format": ("text", "default"),
    }
    assert (doctor["project"], doctor["holds"]) == (file, True)
    monkeypatch.setenv("PLANSTORE_RESULTS", "other")
    of_variable, of_flag, refused = answers(
        below, ("init",), ("doctor", "--results", "third"), ("doctor",), codes=(0, 1, 0)
    )
    assert of_variable["results"] == "other"
    assert of_flag["settings"][0] == {"name": "results", "value": "third", "source": "--results"}
    assert refused["settings"][0] == {"name": "results", "value": "other", "source": "PLANSTORE_RESULTS"}


def test_policies_are_shown_and_checked_without_an_argument(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown, valid = answers(project / "a", ("policy", "show"), ("policy", "validate"))
    own = read_policy(project / "policy.yaml").policy.policy_id
    assert (shown["policy_id"], valid["policy_id"]) == (own, own)
    (project / "planstore.toml").unlink()
    default = read_policy(DEFAULT_POLICY).policy.policy_id
    assert own != default
    (shown,) = answers(project / "a", ("policy", "show"))
    assert shown["policy_id"] == default
    (refused,) = endings([Call(["policy", "validate"])], project / "a")
    assert (refused.code, "POLICY" in refused.error) == (2, True)


def test_the_next_call_names_a_policy_only_where_the_project_does_not(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    assert policy_option() == []
    assert policy_option(Path("my own.yaml")) == ["--policy", "my own.yaml"]
    (project / "planstore.toml").write_text('results = "out"\n', encoding="utf-8")
    assert policy_option() == ["--policy", "policy.yaml"]
    monkeypatch.setenv("PLANSTORE_POLICY", "p.yaml")
    assert policy_option() == []


def test_every_key_reaches_a_verb_by_file_and_by_variable(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import typer

    from planstore.cli.verbs import app

    values = {key: f"my-{key}" for key in KEYS}
    text = "".join(f'{key} = "{value}"\n' for key, value in values.items())
    (project / "planstore.toml").write_text(text, encoding="utf-8")
    group: Any = typer.main.get_command(app)
    train = find_project().defaults(group)["train"]
    placed = {key: str(project / value) for key, value in values.items()} | {"executor": "my-executor"}
    others = ("policy", *OF_EVERY_VERB)
    assert train == {key: value for key, value in placed.items() if key not in others}
    assert find_project().defaults(group)["route"]["policy"] == placed["policy"]
    assert find_project().defaults(group)["models"]["results"] == placed["results"]
    assert find_project().defaults(group)["models"]["export"] == {"results": placed["results"]}
    assert "policy" not in find_project().defaults(group)["init"]  # because it is a file that init writes
    for key, value in values.items():
        monkeypatch.setenv(variable(key), value)
    context = group.commands["train"].make_context("train", [], parent=group.make_context("planstore", ["train"]))
    assert {key: str(context.params[key]) for key in KEYS if key not in others} == {
        key: value for key, value in values.items() if key not in others
    }
    assert {key: context.find_root().params[key] for key in OF_EVERY_VERB} == {
        key: values[key] for key in OF_EVERY_VERB
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'polizy = "x"',
            "executor, log_level, log_format, hooks, got 'polizy': write policy",
        ),
        ('colour = "x"', "got 'colour': remove it"),
        ("results = 3", "results in .* must be a text in quotes, not empty, got 3"),
        ('results = ""', "results in .* must be a text in quotes, not empty, got ''"),
        ("results = ", "must be TOML, got "),
        ("\udcff", "must be a readable file in UTF-8, got "),
    ],
)
def test_a_wrong_project_file_is_refused_with_the_nearest_name(project: Path, text: str, said: str) -> None:
    (project / "planstore.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(RequestError, match=said):
        find_project()


def test_a_wrong_project_file_ends_a_verb_with_code_2_before_it_begins(project: Path) -> None:
    (project / "planstore.toml").write_text('result = "x"', encoding="utf-8")
    (ended,) = endings([Call(["init"])], project / "a")
    assert (ended.code, ended.error.endswith("got 'result': write results\n")) == (2, True)
    assert sorted(path.name for path in project.iterdir()) == ["a", "planstore.toml", "policy.yaml"]


def test_the_parts_of_a_store_are_all_its_bytes(tmp_path: Path) -> None:
    with planstore.open(tmp_path) as store:
        store.route(samples.table(samples.records()), samples.policy())
        store.maintenance.compact()
        found = {one.part: one for one in disk_usage(store.access.ledger.storage)}
    layout = StoreLayout.in_results(tmp_path)
    artifacts = [path for path in layout.artifacts.rglob("*") if path.is_file()]
    assert found["artifacts"].files == len(artifacts) == 3
    assert found["artifacts"].size == sum(path.stat().st_size for path in artifacts)
    assert {"catalog", "other", "table candidates", "table decisions"} <= found.keys()
    whole = sum(path.stat().st_size for path in layout.folder.rglob("*") if path.is_file())
    assert sum(one.size for one in found.values()) == whole
    sizes = [one.size for one in found.values()]
    assert sizes == sorted(sizes, reverse=True)


def checked(results: Path) -> dict[str, checkup.Check]:
    return {check.name: check for check in _store(results)}


def test_the_doctor_says_what_is_wrong_and_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = tmp_path / "results"
    missing = checked(results / "below")
    assert "planstore init" in str(missing["store"].advice)
    with planstore.open(results) as store:
        store.create()
    layout = StoreLayout.in_results(results)
    found = checked(results)
    assert all(check.advice is None for check in found.values())
    assert found["writer lock"].text == "free"
    assert found["store"].text.endswith("0 commits")
    with monkeypatch.context() as setting:
        setting.setenv("PLANSTORE_THREADS", "abc")
        wrong = checked(results)
        assert "store" not in wrong, "a wrong setting is no reason to remove the marker"
        assert "PLANSTORE_THREADS must be" in wrong["settings"].text
        assert wrong["settings"].advice == "the store itself is not the cause"
    unfinished = results / "planstore.incoming-1"
    unfinished.mkdir()
    assert checked(results)["unfinished"].text == str(unfinished)
    unfinished.rmdir()
    script = "import sys, filelock; lock = filelock.FileLock(sys.argv[1]); lock.acquire(); print(1); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-uc", script, str(layout.writer_lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert checked(results)["writer lock"].text.startswith("held by ")
        holder.communicate()
    monkeypatch.setattr(checkup, "MIN_FREE_BYTES", 2**80)
    assert "make room" in str(checked(results)["disk"].advice)
    monkeypatch.setattr(checkup, "NETWORK_FILE_SYSTEMS", {checked(results)["file system"].text})
    assert "one machine" in str(checked(results)["file system"].advice)
    with closing(sqlite3.connect(layout.catalog)) as catalog:
        catalog.execute("pragma journal_mode = delete")
    assert "pragma journal_mode=wal" in str(checked(results)["catalog"].advice)
    layout.marker.write_text('{"format": 99}', encoding="utf-8")
    assert "format 99" in checked(results)["store"].text
    layout.catalog.unlink()
    assert "restore" in str(checked(results)["catalog"].advice)
