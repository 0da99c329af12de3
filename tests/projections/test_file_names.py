"""Any name is a safe file name, never two the same, and nothing leaves the folder."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

import planstore
import samples
from planstore.api.store import Store
from planstore.projections.file_names import file_names

AWKWARD = (
    "../../x", "../master_training_plan", "..", ".", "...", ".hidden", "/etc/passwd", "a/b", "a\\b", "C:\\x",
    "it's", '"quoted"', "two words", " space ", "two\nlines", "tab\there", "50%", "%2F", "a%2Fb", "🚀", "x" * 300,
    "x" * 301, "é" * 300, "🚀" * 300, "AAPL", "aapl", "Aapl", "AAPL ", "ü", "u\u0308", "Ü", "U\u0308", "straße",
    "STRASSE", "CON", "con", "Con.json", "nul.txt", "COM1", "lpt9.x", "<script>alert(1)</script>", "a.", "a", "~x",
    "-rf", "a|b", "a?b*", "$HOME", "$(x)", "`x`", "a;b", "{x}", "ﬁ", "fi", "İ", "i\u0307",
)  # fmt: skip
FORBIDDEN = set('/\\:*?"<>|') | {chr(code) for code in (*range(32), 127)}
DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{digit}" for port in ("com", "lpt") for digit in range(10))}
NAMES = st.one_of(
    st.sampled_from(AWKWARD),
    st.sampled_from(AWKWARD).map(str.swapcase),
    st.sampled_from(AWKWARD).map(lambda name: unicodedata.normalize("NFD", name)),
    st.text(st.sampled_from("aA.~%/ \u00e4\u0308"), min_size=1, max_size=6),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=90),
)


def folded(name: str) -> str:
    """Return what a file system that ignores case and accent forms takes a name for."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def check(names: list[str], found: dict[str, str]) -> None:
    assert set(found) == set(names)
    assert len({folded(file) for file in found.values()}) == len(names)
    for file in found.values():
        assert len(file.encode()) < 255
        assert not FORBIDDEN & set(file)
        assert file.endswith(".json")
        stem = file.removesuffix(".json")
        assert stem
        assert not stem.startswith((".", " "))
        assert not stem.endswith((".", " "))
        assert file.split(".")[0].casefold() not in DEVICES
        assert Path(file).name == file


@settings(max_examples=300)
@given(st.lists(NAMES, unique=True, max_size=30))
def test_file_names_are_distinct_safe_and_short(names: list[str]) -> None:
    check(names, file_names(names))


def test_all_awkward_names_at_once_are_distinct_safe_and_short() -> None:
    check(list(AWKWARD), file_names(AWKWARD))


@settings(max_examples=100)
@given(st.permutations(AWKWARD))
def test_a_name_of_a_plan_does_not_depend_on_the_order_of_names(names: list[str]) -> None:
    assert file_names(names) == file_names(AWKWARD)


def test_a_name_that_is_safe_stays_as_it_is() -> None:
    names = ["y_up_10m", "fwd_ret_5d", "AAPL", "BRK-B", "ü", "two words", "y_will_swing_low_10m_0.20"]
    assert file_names(names) == {name: f"{name}.json" for name in sorted(names)}


def test_a_name_that_looks_like_anothers_made_up_one_does_not_overwrite_it() -> None:
    made = file_names(["A", "a"])
    pretender = made["a"].removesuffix(".json")
    names = ["A", "a", pretender, pretender.upper(), pretender[:-1]]
    check(names, file_names(names))


def rows() -> list[dict[str, Any]]:
    """Candidates where every awkward name is a target, a symbol, and both."""
    found = []
    for name in AWKWARD:
        found += [samples.record(name, None, 0.9), samples.record(name, name, 0.9), samples.record(name, "A", 0.9)]
    return found + [samples.record("y", name, 0.9) for name in AWKWARD]


def test_awkward_names_are_routed_stored_exported_inside_the_folder_and_read_back(store: Store, tmp_path: Path) -> None:
    candidates = rows()
    run = store.route(samples.table(candidates), samples.policy())
    store.export(metrics_copy=True, formats=["json", "yaml", "markdown"])
    jobs = run.plan.jobs
    assert {job["target"] for job in jobs} == {row["target"] for row in candidates}
    for folder in (store.results / "globals/training_plan", store.results / "METRICS/training_plan"):
        for view, key in (("by_target", "target"), ("by_symbol", "symbol")):
            expected: dict[str, list[Any]] = {}
            for job in jobs:
                if job[key] is not None:
                    expected.setdefault(job[key], []).append(job)
            files = list((folder / view).iterdir())
            assert all(path.is_file() for path in files)
            documents = [json.loads(path.read_text(encoding="utf-8")) for path in files]
            assert len(documents) == len(expected)
            assert {document[key]: document["jobs"] for document in documents} == expected
    loaded = planstore.load_training_plan(store.results)
    assert loaded is not None
    assert loaded.jobs == jobs
    assert json.loads((store.results / "globals/training_plan/master_training_plan.json").read_text())["jobs"] == jobs
    kept = store.sql('select target, symbol from candidates order by "position"').fetchall()
    assert sorted(kept, key=str) == sorted(((row["target"], row["symbol"]) for row in candidates), key=str)
    for name in AWKWARD:
        assert store.sql("select count(*) from jobs where target = $name", name=name).fetchall() == [(3,)]
        assert {job["symbol"] for job in planstore.get_jobs_for_target(loaded, name)} == {None, name, "A"}
        assert {job["target"] for job in planstore.get_jobs_for_symbol(loaded, name)} == {name, "y"}
    assert [path.name for path in tmp_path.iterdir()] == ["results"]
    assert sorted(path.name for path in store.results.iterdir()) == ["METRICS", "globals", "planstore"]
    assert sorted(path.name for path in (store.results / "globals").iterdir()) == ["training_plan"]
    assert sorted(path.name for path in (store.results / "globals/training_plan").iterdir() if path.is_dir()) == [
        "by_route", "by_symbol", "by_target", "by_type"
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["nul\x00byte", ""])
def test_a_name_that_no_file_could_have_is_refused_or_exported_safely(store: Store, name: str) -> None:
    candidates = samples.table([samples.record(name, None, 0.9)])
    try:
        store.route(candidates, samples.policy())
    except planstore.CandidatesError:
        return
    store.export()
    assert len(list((store.results / "globals/training_plan/by_target").iterdir())) == 1
