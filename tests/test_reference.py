"""Every view, macro, column and argument that a reader sees has its meaning beside it, and the README says the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import planstore
import reference
from planstore.api.store import Store
from planstore.database.sql_docs import meaning_of


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with planstore.open(tmp_path_factory.mktemp("reference")) as opened:
        yield opened


def test_every_object_has_a_summary_and_a_meaning_for_each_column_and_argument_and_for_no_other(store: Store) -> None:
    assert reference.problems(store) == []


def test_the_readme_has_the_reference(store: Store) -> None:
    readme = reference.README.read_text(encoding="utf-8")
    assert reference.placed(readme, reference.reference(store)) == readme, "run `make docs`"


def test_the_readme_has_the_columns_of_candidates() -> None:
    readme = reference.README.read_text(encoding="utf-8")
    assert reference.placed(readme, reference.candidates(), reference.COLUMNS_BEGIN) == readme, "run `make docs`"


def test_the_reference_names_every_stable_view(store: Store) -> None:
    events = {"runs", "policies", "candidates", "decisions", "plans", "jobs", "job_status", "overrides", "artifacts"}
    others = {"commits", "history", "current_decisions", "current_plan", "current_jobs", "plan_progress"}
    assert events | others | {"plan_documents"} <= set(reference.objects(store))


def test_a_readme_without_the_marks_is_refused_and_not_overwritten() -> None:
    with pytest.raises(ValueError, match="lost its marks"):
        reference.placed("# planstore\n", "text")


def test_columns_of_another_object_come_before_its_own() -> None:
    assert list(meaning_of("current_jobs").columns())[:2] == ["commit_id", "position"]
    assert "status" not in meaning_of("jobs").columns()
