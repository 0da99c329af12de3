"""The demo's lesson, on two of its stocks."""

from __future__ import annotations

import pytest

from planstore.api.store import Store
from planstore.demo.training import learn
from planstore.ui.addresses import API
from ui_servers import served

TARGETS = 8


@pytest.mark.longest
def test_the_lesson_measures_routes_trains_and_says_why(store: Store) -> None:
    symbols = ["AAPL", "JPM"]
    steps: list[str] = []
    lesson = learn(store, symbols=symbols, workers=2, step=steps.append)
    assert steps == ["computing features and targets", "measuring", "routing", "writing files", "training"]
    assert len(lesson.ranking) == TARGETS
    assert sum(lesson.routes.values()) == TARGETS * len(symbols)
    jobs = store.training.jobs()
    assert {job["status"] for job in jobs} == {"succeeded"}
    assert lesson.progress == f"{len(jobs)} succeeded"
    assert lesson.reasons[:3] == store.why(*lesson.example.partition(":")[0].split(" on ")).reasons
    assert store.integrity.verify().findings == []
    model = next(one for one in store.models() if one["symbol"] is not None)
    with served(store) as client:
        told = client.get(f"{API}/job", id=model["job_id"]).json["models"]
        page = client.get("/job", id=model["job_id"]).text
    assert (told["models"][0]["digest"], told["models"][0]["predicts"]) == (model["digest"], True)
    assert told["features"][0] in page
    assert f"<td>{told['models'][0]['family']}</td><td>scored</td>" in page
