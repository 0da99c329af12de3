"""Hooks of the project file: what they get, how long they may take, and what a failing one does."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import planstore
import samples
from estimators import until
from planstore.cli.exit_codes import HOOK_FAILED
from planstore.cli.hooks import LONGEST_LINE, Hooks
from planstore.cli.project import find_project
from planstore.cli.verbs import app
from planstore.errors import RequestError

PIN = ("override", "set", "y_up_01_10m", "SYM00", "ROUTE_BLOCKED", "--reason", "x")
SAVE = 'import os, sys; open("got", "a").write(os.environ["PLANSTORE_NO_HOOKS"] + sys.stdin.read()); print("said\\x1b")'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with candidates and a policy, and work in a folder below it."""
    samples.parquet(tmp_path / "c.parquet", samples.records())
    (tmp_path / "policy.yaml").write_text(samples.POLICY_YAML, encoding="utf-8")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    monkeypatch.delenv("PLANSTORE_NO_HOOKS", raising=False)
    return tmp_path


def write(project: Path, hooks: str) -> None:
    path = project / "planstore.toml"
    path.write_text(f'results = "results"\npolicy = "policy.yaml"\n{hooks}\n', encoding="utf-8")
    path.chmod(0o644)


def python(code: str) -> str:
    """Return a command of Python as a TOML list."""
    return json.dumps([sys.executable, "-c", code])


def called(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def route(run_id: str, *words: str) -> Result:
    return called(*words, "route", "../c.parquet", "--run-id", run_id)


def pin() -> Result:
    return called(*PIN)


def test_a_hook_gets_each_commit_of_its_kinds_after_the_verb(project: Path) -> None:
    write(project, f"[hooks]\nafter_commit = {python(SAVE)}")
    done = route("one")
    assert (done.exit_code, "after_commit: said\\x1b" in done.stderr) == (0, True), done.output
    got = (project / "got").read_text(encoding="utf-8")  # because it runs in the folder of the file
    with planstore.open(project / "results", create=False) as store:
        (commit,) = store.log()
        assert got[0] == "1"
        document = json.loads(got[1:])
        assert document.pop("results") == str(project / "results")
        assert document == json.loads(json.dumps(commit, default=lambda time: time.isoformat()))
        store.overrides.set("y_up_01_10m", None, "ROUTE_BLOCKED", reason="x")
    (project / "got").unlink()
    assert pin().exit_code == 0
    assert json.loads((project / "got").read_text(encoding="utf-8")[1:])["commit_id"] == 3, "Python runs no hooks"
    (project / "got").unlink()
    assert route("two", "--no-hooks").exit_code == 0
    assert called("log").exit_code == 0
    write(project, f'[hooks.after_commit]\ncommand = {python(SAVE)}\nkinds = ["status"]')
    assert pin().exit_code == 0
    assert not (project / "got").exists()


def test_a_failing_hook_warns_or_gives_exit_code_4_and_the_commit_stands(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways = {
        f"command = {python('raise SystemExit(7)')}": "hook after_commit ended with exit code 7",
        f"command = {python('import os; os.kill(os.getpid(), 15)')}": "hook after_commit ended with signal 15",
        'command = ["./nowhere"]': "hook after_commit cannot be started: ",
        'command = ["sh", "-c", "sleep 60 & wait"]\ntimeout = 0.2': "hook after_commit did not end within 0.2 s",
    }
    assert called("init", "--results", "../results").exit_code == 0
    for number, (way, said) in enumerate(ways.items(), 1):
        on_failure, code = ("fail", HOOK_FAILED) if number % 2 else ("warn", 0)
        write(project, f'[hooks.after_commit]\n{way}\non_failure = "{on_failure}"')
        done = pin()
        assert done.exit_code == code, (way, done.output)
        assert said in done.stderr
        assert f"; commit {number} is recorded all the same" in done.stderr
    with planstore.open(project / "results", create=False) as store:
        assert len(store.log()) == len(ways)
    monkeypatch.setenv("PLANSTORE_NO_HOOKS", "1")
    assert (pin().exit_code, pin().stderr) == (0, "")


def test_the_output_of_a_hook_is_shown_as_it_comes_and_that_of_a_late_one_is_not_lost(project: Path) -> None:
    assert called("init", "--results", "../results").exit_code == 0
    started = "import sys, time; sys.stdout.write('first\\nrest'); sys.stdout.flush(); time.sleep(60)"
    write(project, f"[hooks.after_commit]\ncommand = {python(started)}\ntimeout = 3")
    done = pin()
    assert [line for line in done.stderr.splitlines() if line.startswith("after_commit: ")] == [
        "after_commit: first",
        "after_commit: rest",
    ]
    assert "hook after_commit did not end within 3 s" in done.stderr
    endless = "while True: print('again')"
    write(project, f"[hooks.after_commit]\ncommand = {python(endless)}\ntimeout = 1")
    assert "hook after_commit did not end within 1 s" in pin().stderr
    long = "import sys; sys.stdout.write('x' * 200_000)"
    write(project, f"[hooks]\nafter_commit = {python(long)}")
    lines = [line for line in pin().stderr.splitlines() if line.startswith("after_commit: ")]
    assert (len(lines) > 1, sum(line.count("x") for line in lines)) == (True, 200_000)


def test_a_hook_that_leaves_a_program_on_its_output_is_late_and_the_program_is_killed(project: Path) -> None:
    left = "sleep 60 & echo $! > pid"
    write(project, f'[hooks.after_commit]\ncommand = ["sh", "-c", "{left}"]\ntimeout = 0.5\non_failure = "fail"')
    assert called("init", "--results", "../results").exit_code == 0
    done = called("--log-level", "error", *PIN)
    assert done.exit_code == HOOK_FAILED
    assert "hook after_commit did not end within 0.5 s" in done.stderr, "a failure that counts is an error"
    pid = int((project / "pid").read_text(encoding="utf-8"))
    until(lambda: not Path(f"/proc/{pid}").exists() or "(sleep) Z" in Path(f"/proc/{pid}/stat").read_text("utf-8"))
    write(project, f'[hooks.after_commit]\ncommand = ["sh", "-c", "({left}) > /dev/null 2>&1"]\non_failure = "fail"')
    assert pin().exit_code == 0
    os.kill(int((project / "pid").read_text(encoding="utf-8")), 9)


def test_hooks_run_also_where_the_output_of_the_verb_cannot_be_written(project: Path) -> None:
    write(project, f"[hooks]\nafter_commit = {python(SAVE)}")
    assert called("init", "--results", "../results").exit_code == 0
    for closed, codes in (("> /dev/full", (3,)), (">&-", (3,)), ("| true", (0, 141))):
        line = f"{shlex.join(['planstore', *PIN])} {closed}; exit ${{PIPESTATUS[0]}}"
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        done = subprocess.run(["bash", "-c", line], check=False, env=os.environ | {"PATH": path}, capture_output=True)
        assert (done.returncode in codes, (project / "got").exists()) == (True, True), (closed, done)
        (project / "got").unlink()


def test_a_signal_during_a_hook_says_that_the_verb_had_ended(project: Path) -> None:
    write(project, "[hooks]\nafter_commit = ['sh', '-c', 'touch began; sleep 60']")
    assert called("init", "--results", "../results").exit_code == 0
    planstore_verb = str(Path(sys.executable).with_name("planstore"))
    process = subprocess.Popen([planstore_verb, *PIN], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until((project / "began").exists)
    process.terminate()
    _, said = process.communicate()
    assert process.returncode == 143
    assert "planstore override had ended; commit 1 is recorded; a hook after it was stopped" in said


def test_a_character_between_two_reads_of_a_hooks_output_stays_whole(project: Path) -> None:
    write(project, f"[hooks]\nafter_commit = {python('print(chr(120) + chr(8364) * 100_000)')}")
    assert called("init", "--results", "../results").exit_code == 0
    lines = [line for line in pin().stderr.splitlines() if line.startswith("after_commit: ")]
    assert sum(line.count("€") for line in lines) == 100_000
    assert max(len(line) for line in lines) == LONGEST_LINE + len("after_commit: ")


def test_a_hook_that_reads_nothing_gets_a_commit_of_any_length(project: Path) -> None:
    write(project, "[hooks]\nbefore_train = ['true']")
    assert find_project().hooks.run("before_train", {"results": "r", "jobs": ["x" * 1000] * 1000}) is None


def test_a_hook_before_training_refuses_it_before_anything_is_claimed(project: Path) -> None:
    import markets

    markets.write_panel(project / "panel", ("AAA",), 40)
    rows = [samples.record("fwd_ret_1d", None), samples.record("fwd_ret_1d", "AAA")]
    samples.parquet(project / "c.parquet", rows)
    write(project, "")
    assert route("one").exit_code == 0
    save = f"{SAVE}; raise SystemExit(3)"
    write(project, f"[hooks]\nbefore_train = {python(save)}")
    listed = json.loads(called("train", "../panel", "--dry-run", "--json").stdout)
    assert not (project / "got").exists()
    done = called("train", "../panel")
    assert isinstance(done.exception, RequestError), done.output
    assert str(done.exception).startswith("hook before_train ended with exit code 3: nothing was trained; ")
    got = json.loads((project / "got").read_text(encoding="utf-8")[1:])
    assert {key: got[key] for key in listed} == listed
    assert (got["results"], len(got["jobs"]) > 0) == (str(project / "results"), True)
    assert Path(got["panel"]) == Path.cwd() / "../panel", "the hook runs in another folder"
    with planstore.open(project / "results", create=False) as store:
        assert len(store.log()) == 1


@pytest.mark.parametrize(("mode", "said"), [(0o664, "run `chmod go-w "), (0o646, "got mode -rw-r--rw-")])
def test_hooks_of_a_file_that_others_can_write_are_refused(project: Path, mode: int, said: str) -> None:
    write(project, f"[hooks]\nafter_commit = {python(SAVE)}")
    (project / "planstore.toml").chmod(mode)
    done = called("init")
    assert isinstance(done.exception, RequestError)
    assert said in str(done.exception)
    assert list(project.glob("results")) == []
    assert called("--no-hooks", "init").exit_code == 0
    shown = called("doctor")
    assert shown.exit_code == 1
    assert "WRONG hooks" in shown.stdout
    assert not (project / "got").exists()


def test_hooks_of_a_file_of_another_user_are_refused(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project, f"[hooks]\nafter_commit = {python(SAVE)}")
    if os.geteuid() == 0:
        os.chown(project / "planstore.toml", 12345, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(RequestError, match=r"must be writable only by its owner, who is you or root, got the owner"):
        find_project().hooks.check()
    write(project, "")
    assert find_project().hooks == Hooks({}, project / "planstore.toml", find_project().hooks.problem)
    find_project().hooks.check()  # because a file without hooks runs nothing


def test_the_doctor_shows_hooks(project: Path) -> None:
    write(project, '[hooks]\nafter_commit = ["notify", "a b"]\n[hooks.before_train]\ncommand = ["x"]\ntimeout = "5m"')
    called("init")
    shown = called("doctor").stdout
    assert "after_commit    notify 'a b' (timeout 30 s, on failure warn, kinds run, override, rebuild" in shown
    assert "before_train    x (timeout 300 s, on failure fail)" in shown
    answer: Any = json.loads(called("--no-hooks", "doctor", "--json").stdout)
    assert [hook["command"] for hook in answer["hooks"]] == [["notify", "a b"], ["x"]]
    assert answer["hooks_run"] is False


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hooks = 3", "hooks in .* must be a table"),
        ("[hooks]\nafter_comit = ['x']", "must be one of after_commit, before_train, got 'after_comit'"),
        ("[hooks]\nafter_commit = 'x y'", "command of hook after_commit in .* must be a list of texts"),
        ("[hooks]\nafter_commit = []", "must be a list of texts"),
        ("[hooks]\nafter_commit = ['x', 3]", "must be a list of texts"),
        ("[hooks.after_commit]\nkinds = ['run']", "must be a list of texts, .* got None"),
        ("[hooks.before_train]\ncommand = ['x']\nkinds = ['run']", "must be one of command, timeout, on_failure, got"),
        ("[hooks.after_commit]\ncommand = ['x']\nkinds = ['runs']", "kinds of hook .* must be a list of run, status"),
        ("[hooks.after_commit]\ncommand = ['x']\ntimeout = '5 m'", "timeout of hook after_commit .* got '5 m'"),
        ("[hooks.after_commit]\ncommand = ['x']\ntimeout = 0", "timeout .* must be seconds from 0.001"),
        ("[hooks.after_commit]\ncommand = ['x']\ntimeout = true", "timeout .* got True"),
        (
            "[hooks.after_commit]\ncommand = ['x']\non_failure = 'stop'",
            "must be warn or fail, got 'stop'",
        ),
    ],
)
def test_a_wrong_hook_is_refused(project: Path, text: str, said: str) -> None:
    (project / "planstore.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RequestError, match=said):
        find_project()
