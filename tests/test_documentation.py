"""The documentation shows the program as it is: its pages run, and their generated parts are up to date."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
import typer
import yaml

import forks
import pages
import planstore
import reference
from planstore.api.store import Store
from planstore.cli.verbs import app
from planstore.database.sql_docs import meaning_of
from planstore.routing.policy_defaults import DEFAULT_POLICY
from planstore.routing.policy_schema import policy_schema
from reference import command_line, policy_keys, sql_objects

ROOT = pages.ROOT
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in pages.PAGES}
PATH = re.compile(r"`((?:src|sql|tests|docs)/[\w./-]+)`")
PLACEHOLDERS = ("NAME", "VERB")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with planstore.open(tmp_path_factory.mktemp("reference")) as opened:
        yield opened


def run_pages(folder: Path, shared: Path, *chosen: Path) -> str:
    done = subprocess.run(
        [forks.python(), "-m", "pages", folder, shared, *chosen],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT / "tests",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.longest
def test_every_command_and_session_on_the_pages_runs_and_prints_what_is_shown(
    tmp_path: Path, shared_folder: Path
) -> None:
    assert run_pages(tmp_path, shared_folder) == ""


def test_a_page_that_is_wrong_is_reported_with_its_lines(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```console\n$ planstore --help\nUsage: nothing\n```\n"
        "```sh\nplanstore log\nplanstore log  # exit code 2\n```\n"
        '```python\nprint(1)\n```\n```text title="Output"\n2\n```\n'
        "```text\nplanstore log\n```\n"
        "```python\nraise ValueError('sorry')\n```\n",
        encoding="utf-8",
    )
    (tmp_path / "run").mkdir()
    found = run_pages(tmp_path / "run", tmp_path, page)
    assert re.findall(r"page\.md, line (\d+): ", found) == ["1", "5", "12", "15", "18"]
    assert "planstore log: exit code 2" in found
    assert "ValueError: sorry" in found


@pytest.mark.parametrize(
    ("shown", "printed", "is_match"),
    [
        (["a  b"], "a b\n", True),
        (["a"], "a\nb\n", False),
        (["a", "…"], "a\nb\nc\n", True),
        (["…", "c"], "a\nb\nc\n", True),
        (["score 0.7…"], "score 0.71\n", True),
        (["score 0.7…"], "score 0.61\n", False),
    ],
)
def test_shown_output_must_be_all_of_it_but_for_what_is_left_out(
    shown: list[str], printed: str, is_match: bool
) -> None:
    assert pages.matches(shown, printed) is is_match


def test_an_indented_or_unclosed_block_is_refused() -> None:
    with pytest.raises(ValueError, match="unindented"):
        pages.blocks("  ```sh\n  planstore log\n  ```\n")


@pytest.mark.parametrize("name", TEXTS)
def test_commands_in_running_text_name_verbs_and_options_that_exist(name: str) -> None:
    assert [command for command in pages.named_commands(TEXTS[name]) if not is_command(command.split())] == []


def is_command(words: list[str]) -> bool:
    """Return whether a command names a verb and options that exist; ``planstore``, a group or VERB may stand alone."""
    verbs, of_every_verb = command_line.verbs(), command_line.options_of_every_verb()
    while words[1:] and words[1] in of_every_verb:
        del words[1 : 2 + of_every_verb[words[1]]]
    found = next((verb for count in (3, 2) if (verb := verbs.get(" ".join(words[:count])))), None)
    command = typer.main.get_command(app) if found is None else found
    options = {option for one in command.params for option in one.opts}
    groups = {verb.split()[1] for verb in verbs if len(verb.split()) == 3}
    given = {word for word in words if word.startswith("--")}
    names = [word for word in words[1:] if word not in given]
    is_alone = len(names) <= 1 and {*names} <= {*groups, "VERB"}
    return given <= options | {"--help"} and (found is not None or is_alone)


@pytest.mark.parametrize(
    "command",
    [
        "planstore whhy",
        "planstore why --verbose",
        "planstore override sett X",
        "planstore -q whhy",
        "planstore --quite why",
    ],
)
def test_a_command_that_does_not_exist_is_found(command: str) -> None:
    assert not is_command(command.split())


def test_commands_that_are_not_run_name_targets_and_extras_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    whole = "\n".join(TEXTS.values())
    targets = set(re.findall(r"^(?:\$ )?make ([a-z-]+)", whole, re.MULTILINE)) | set(
        re.findall(r"`make ([a-z-]+)`", whole)
    )
    assert targets
    assert targets <= set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"planstore\[(\w+)\]", whole)) <= set(extras)


@pytest.mark.parametrize("name", TEXTS)
def test_files_of_the_project_that_a_page_names_exist(name: str) -> None:
    paths = {path for path in PATH.findall(TEXTS[name]) if not any(word in path for word in PLACEHOLDERS)}
    assert {path for path in paths if not (ROOT / path).exists()} == set()


@pytest.mark.longest
def test_generated_parts_are_up_to_date() -> None:
    old = [path.name for path, text in reference.files().items() if path.read_text(encoding="utf-8") != text]
    assert old == [], "run `make docs`"


def test_only_keys_that_are_always_null_or_open_have_that_type_alone() -> None:
    page = (ROOT / "docs" / "reference" / "json.md").read_text(encoding="utf-8")
    null = set(re.findall(r"^\| `(.*)` \| null \|$", page, re.MULTILINE))
    policy = {f"routing.{key}" for key in ("min_margin_over_null", "min_effective_samples", "budget")}
    assert null == {"recorded_in"} | policy  # of a dry run; of the policy that the example shows


def test_every_generated_part_has_its_place() -> None:
    assert sorted(reference.names(TEXTS.values())) == sorted(reference.PARTS)


def test_the_reference_describes_each_type_of_a_public_signature() -> None:
    text = TEXTS["docs/reference/python.md"]
    signatures = " ".join(re.findall(r"```text\n(.*?)```", text, re.DOTALL))
    described = re.findall(r"^### planstore\.(\w+)|^\| `(\w+)` \|", text, re.MULTILINE)
    elsewhere = {"Any", "Callable", "DataFrame", "DuckDBPyRelation", "Iterator", "Mapping", "NativeFile", "Path"}
    elsewhere |= {"Sequence", "Table"}
    internal = {"Ledger", "Record", "False", "None", "True"}
    assert set(re.findall(r"\b[A-Z]\w+", signatures)) - elsewhere - internal <= {
        one for pair in described for one in pair
    }


def test_the_readme_is_short() -> None:
    assert len(TEXTS["README.md"].encode()) <= 7 * 1024


def test_every_object_has_a_summary_and_a_meaning_for_each_column_and_argument_and_for_no_other(store: Store) -> None:
    assert sql_objects.problems(store) == []


def test_the_reference_names_every_stable_view(store: Store) -> None:
    events = {
        "runs",
        "policies",
        "candidates",
        "decisions",
        "plans",
        "jobs",
        "job_status",
        "overrides",
        "artifacts",
        "outcomes",
    }
    others = {"commits", "history", "current_decisions", "current_plan", "current_jobs", "plan_progress"}
    assert events | others | {"plan_documents"} <= set(sql_objects.objects(store))


def test_columns_of_another_object_come_before_its_own() -> None:
    assert list(meaning_of("current_jobs").columns())[:2] == ["commit_id", "position"]
    assert "status" not in meaning_of("jobs").columns()


@pytest.mark.parametrize(
    "text", ["{}", "routing: {symbol: {min_score: 0.6}}", DEFAULT_POLICY.read_text(encoding="utf-8")]
)
def test_the_schema_takes_policies_that_planstore_takes(text: str) -> None:
    document = yaml.safe_load(text)
    validator = jsonschema.Draft202012Validator(policy_schema())
    assert [error.message for error in validator.iter_errors(document)] == (
        [] if document else ["'routing' is a required property"]
    )


@pytest.mark.parametrize(
    "routing", [{"unknown": 1}, {"dev_mode": "yes"}, {"symbol": {"min_score": "high"}}, {"families": [{"use": []}]}]
)
def test_the_schema_refuses_policies_that_planstore_refuses(routing: dict[str, object]) -> None:
    validator = jsonschema.Draft202012Validator(policy_schema())
    assert not validator.is_valid({"routing": routing})


def test_every_key_of_a_policy_has_a_meaning() -> None:
    rows = [line.split(" | ") for line in policy_keys.text().splitlines()[2:]]
    assert [row[0] for row in rows if len(row[-1].strip(" |")) < 5] == []
