"""The Markdown files show names and reasons as they are: nothing in them is Markdown, HTML or a link."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
from hypothesis import example, given, settings, strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

import planstore
import samples
from planstore.projections.markdown import routing_plan_markdown, training_plan_markdown

HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "![x](https://example.org/x.png)",
    "<https://example.org>",
    "https://example.org www.example.org me@example.org",
    "a | b || \\| \\",
    "`code` ``` a",
    "```",
    "*b* **c** _d_ __e__ ~~f~~ snake_case _",
    "# heading #",
    "&lt;script&gt; &amp; &#60;",
    "$x^2$ {{ 7 * 7 }} {% raw %}",
    "<!-- comment",
    "\\<b>",
    "- item",
    "12) item",
    "+ item",
    "=",
    "---",
    "日本 😀 مرحبا",
)
LINES = "\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029"
SIGNS = st.sampled_from(
    [*"<>&[]()!`*_~#|\\{}$:/@.-+=\"'^", " ", "a", "B", "1", "é", "www.", "://", "<b>", "](", *LINES]
)
names = st.one_of(
    st.sampled_from(HOSTILE), st.lists(SIGNS, min_size=1, max_size=12).map("".join).map(str.strip).filter(bool)
)
READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def shown(markdown: str) -> list[str]:
    """Return the texts of all blocks of a document, which holds nothing live beside what the file itself writes."""
    texts = []
    for token in READER.parse(markdown):
        assert token.type not in ("html_block", "fence", "code_block"), token
        if token.type == "inline":
            texts.append("".join(map(_plain, token.children or ())))
    return texts


def _plain(token: Token) -> str:
    assert token.type in ("text", "text_special", "softbreak", "code_inline", "strong_open", "strong_close"), token
    return "\n" if token.type == "softbreak" else token.content


def as_read(name: str) -> str:
    """Return a name as a reader of Markdown sees it: on one line."""
    return re.sub(f"[{LINES}]", " ", name)


def decision(target: str, symbol: str | None, reason: str) -> dict[str, Any]:
    return {"target": target, "symbol": symbol, "route": "ROUTE_BOTH", "cs_stability": None, "reasons": [reason],
            "cs_state": "STRONG", "local_state": "STRONG"}  # fmt: skip


@settings(max_examples=100 * int(os.environ.get("PLANSTORE_EXAMPLES", "1")))
@given(name=names)
@example("`")
def test_a_name_is_shown_as_it_is_wherever_it_stands(name: str) -> None:
    metadata = {"generated_at": "now", "git_commit": name, "config_hash": name}
    texts = shown(routing_plan_markdown(metadata, [decision(name, None, name), decision(name, name, name)]))
    read = as_read(name)
    assert f"Generated: now\nGit Commit: {read}\nConfig Hash: {read}" in texts
    assert texts.count(read) >= 4, "the heading, the reason, and two cells"

    family = name.replace("_", "").strip() or "f"
    job = {"target": name, "job_id": name, "model_families": [family, family], "priority": 2, "reason": name,
           "symbol": name, "route": "ROUTE_BOTH"}  # fmt: skip
    plan = {
        "metadata": {"generated_at": "now", "total_jobs": 2, "model_families": [family]},
        "summary": {"total_cs_jobs": 1, "total_symbol_jobs": 1, "total_blocked": 0, "by_route": {}, "by_priority": {}},
        "jobs": [job | {"training_type": "cross_sectional"}, job | {"training_type": "symbol_specific"}],
    }
    texts = shown(training_plan_markdown(plan))
    two = as_read(f"{family}, {family}")
    for text in (read, f"Reason: {read}", f"Families: {two}", two):
        assert text in texts
    (job_id,) = (text for text in texts if text.startswith("Job ID: "))
    assert job_id.removeprefix("Job ID: ").strip(" ") == read
    assert texts.count(read) == 3, "the heading and two cells"


def test_names_of_every_kind_come_through_a_run(store: planstore.Store) -> None:
    rows = [samples.record(target, symbol, 0.7) for target in HOSTILE[:4] for symbol in (None, *HOSTILE)]
    store.route(samples.table(rows), samples.policy(), git_commit=HOSTILE[0], config_hash=HOSTILE[1])
    store.export(formats=["markdown"])
    files = ("METRICS/routing_plan/routing_plan.md", "globals/training_plan/training_plan.md")
    for file in files:
        texts = shown((store.results / file).read_text(encoding="utf-8"))
        assert {*HOSTILE} <= {*texts}, file


@pytest.mark.parametrize(
    "name", ["y_will_peak_60m", "y_a__b", "_private", "trailing_", "a.b-c (d) e+f/g%h=i;j,k:l 0.5"]
)
def test_an_ordinary_name_is_written_as_it_is(name: str) -> None:
    lines = routing_plan_markdown(
        {"generated_at": "now", "git_commit": name, "config_hash": None}, [decision(name, None, name)]
    ).splitlines()
    escaped = re.sub("^_", r"\\_", name)
    assert {f"### {escaped}", f"- {escaped}", f"**Git Commit:** {escaped}"} <= set(lines)
