"""YAML within bounds: the same values as YAML has, nothing that means two things, and no small text of a huge value."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings, strategies as st

import samples
from planstore import FamiliesError, PolicyError
from planstore.audit.policy_cases import try_cases
from planstore.documents.yaml_loader import YamlError, read_yaml
from planstore.routing.policy import Policy
from planstore.routing.policy_reader import KIND, read_policy
from planstore.training.families import load_families

EXAMPLES = 60 * int(os.environ.get("PLANSTORE_EXAMPLES", "1"))
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS | st.integers(0, 9), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=EXAMPLES)
@given(VALUES, st.booleans())
def test_what_yaml_writes_is_read_back(value: Any, flow: bool) -> None:
    quoted = yaml.safe_dump(value, default_flow_style=flow, allow_unicode=True, default_style='"')
    assert read_yaml(quoted).value == value


def _is_plain(value: Any) -> bool:
    """Tell whether YAML takes a JSON text for what JSON does: line ends and control characters it does not."""
    return all(sign.isprintable() for sign in json.dumps(value, ensure_ascii=False))


@settings(max_examples=EXAMPLES)
@given(VALUES.filter(_is_plain))
def test_json_is_yaml(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    try:
        expected = json.loads(text, object_pairs_hook=_distinct)
    except KeyError:
        with pytest.raises(YamlError, match="is given twice"):
            read_yaml(text)
    else:
        assert read_yaml(text).value == expected


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise KeyError
    return dict(pairs)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("-2E+4", -20000.0),
        (".5", 0.5),
        ("1_000", 1000),
        ("0x1F", 31),
        ("2024-02-30", "2024-02-30"),
        ("2024-02-28T01:02:03Z", "2024-02-28T01:02:03Z"),
        ("'010'", "010"),
        ('"1:30"', "1:30"),
        ("!!str 5", "5"),
        ("!!float 5", 5),
        ("{a: &x {b: 1, c: 2}, d: {<<: *x, b: 3}}", {"a": {"b": 1, "c": 2}, "d": {"b": 3, "c": 2}}),
        ("{a: &x {b: 1}, d: &y {b: 2}, e: {<<: [*y, *x]}}", {"a": {"b": 1}, "d": {"b": 2}, "e": {"b": 2}}),
        ("{'<<': 1}", {"<<": 1}),
        ("", None),
    ],
)
def test_a_word_means_what_yaml_1_2_says(text: str, value: Any) -> None:
    found = read_yaml(text).value
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 010", "line 1: 010 reads as an octal or a decimal number"),
        ("a:\n  b: -0_7", "line 2: -0_7 reads as an octal or a decimal number"),
        ("a: 08", "08 reads as"),
        ("a: 1:30", "1:30 reads as a number of base 60 or as a text"),
        ("a: 12:30:45.5", "base 60"),
        ("{010: a}", "010 reads as"),
        ("a: !!int abc", "'abc' is tagged !!int, and is none"),
        ("a: !!bool maybe", "'maybe' is tagged !!bool, and is none"),
        ("a: !!int 1.5", "'1.5' is tagged !!int"),
        ("a: !!timestamp 2024-02-30", "the tag !!timestamp means nothing here"),
        ("a: !!set {b}", "the tag !!set means nothing here"),
        ("a: !!python/object/apply:os.system [ls]", "the tag !!python/object/apply:os.system means nothing here"),
        ("a: 1\nb: 2\na: 3", "line 3: a is given twice, first on line 1"),
        ("- {a: {b: 1, 'b': 2}}", "0.a.b is given twice"),
        ("{[a]: b}", "a key must be a text, got ['a']"),
        ("{~: b}", "a key must be a text, got None"),
        ("{yes: b}", "a key must be a text, got True"),
        ("a: &a [*a]", "*a is an alias of something that it is a part of itself"),
        ("a: *b", "*b is an alias of nothing|undefined alias"),
        ("{<<: 1}", "<< must be followed by a mapping"),
        ("a: " + "9" * 101, "a number must have at most 100 characters"),
        ("a: 1e999", "1e999 must be a number that a double can hold"),
        ('a: "\\0"', "without NUL"),
        ('a: "\\ud800"', "half characters|invalid Unicode"),
        ("a: \ud800", "half a character"),
        ("- 1\n--- \n- 2", "line 2: a second document begins"),
        ("[" * 3000, "nested at most 30 deep"),
        ("- " * 400_000, "nested at most 30 deep"),
    ],
)
def test_a_text_that_means_two_things_or_none_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(YamlError) as refused:
        read_yaml(text)
    assert any(one in str(refused.value) for one in said.split("|")), str(refused.value)


def nines(levels: int) -> str:
    """Return a text of 9 to the power of ``levels`` values."""
    lines = ["a0: &a0 [" + ",".join("x" * 9) + "]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


def merges(levels: int) -> str:
    """Return a text whose last mapping merges 2 to the power of ``levels`` mappings."""
    lines = ["a0: &a0 {k: 1}"]
    lines += [f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}], k{n}: 1}}" for n in range(1, levels)]
    return "\n".join(lines)


HUGE = {
    "nine anchors of nine": (nines(9), "at most 100,000 values"),
    "merges of 18 levels": (merges(18), "at most 100,000 values"),
    "a chain of aliases": (
        "\n".join(["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 3000))]),
        "nested at most 30 deep",
    ),
    "many values": ("[" + "1," * 400_000 + "1]", "at most 100,000 values"),
    "50 MB": ("routing: 1\n" * 5_000_000, "at most 1,000,000 bytes"),
    "3,000 brackets": ("routing: " + "[" * 3000 + "]" * 3000, "nested at most 30 deep"),
}


@pytest.mark.parametrize("what", HUGE)
def test_a_document_out_of_bounds_is_refused_before_it_is_built_whatever_it_is_for(tmp_path: Path, what: str) -> None:
    text, said = HUGE[what]
    path = tmp_path / "huge.yaml"
    path.write_text(text, encoding="utf-8")
    began = time.process_time()
    for error, read in (
        (PolicyError, lambda: read_policy(path)),
        (PolicyError, lambda: try_cases(samples.policy(), path)),
        (FamiliesError, lambda: load_families(path)),
    ):
        with pytest.raises(error) as refused:
            read()
        assert said in str(refused.value)
        assert str(path) in str(refused.value)
        assert len(str(refused.value)) < 500
    assert time.process_time() - began < 15


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("cross_sectional: 1000", "cross_sectional: 12345678901234567890"), "min_sample_size.cross_sectional"),
        (("ROUTE_BOTH", "2024-02-30"), "both_strong_behavior is '2024-02-30'"),
        (("0.52", "!!int abc"), "'abc' is tagged !!int"),
        (("0.52", "1" + "0" * 5000), "a number must have at most 100 characters"),
        (("1000", "010"), "010 reads as"),
        (("1000", "1:30"), "1:30 reads as"),
    ],
)
def test_a_policy_with_an_odd_word_is_refused_with_its_line(change: tuple[str, str], said: str) -> None:
    with pytest.raises(PolicyError, match=r"here, line \d|both_strong") as refused:
        KIND.parse(samples.POLICY_YAML.replace(*change, 1), "here", Policy)
    assert said in str(refused.value)


def test_a_threshold_may_be_written_with_an_exponent() -> None:
    policy = KIND.parse(samples.POLICY_YAML.replace("0.52", "5.2e-1"), "here", Policy)
    assert policy.policy_id == KIND.parse(samples.POLICY_YAML, "here", Policy).policy_id


CASE = "- {title: mine, target: y, symbol: A, local: {score: 0.7}, expect: ROUTE_BOTH}\n"
FAMILY = """\
families:
  mine:
    estimators: {classification: sklearn.linear_model.LogisticRegression}
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CASE.replace("title: mine", "title: mine, title: yours"), "line 1: 0.title is given twice"),
        (CASE.replace("score: 0.7", "score: 0.7, score: 0.8"), "0.local.score is given twice"),
        (CASE.replace("score: 0.7", "score: 0.7, target: z"), "'target' has no effect"),
        (CASE.replace("score: 0.7", "score: 0.7, symbol: z"), "'symbol' has no effect"),
        (CASE.replace("score: 0.7", "score: 0.7, mode: z"), "'mode' has no effect"),
        (CASE.replace("score: 0.7", "score: 0.7, score_ci_low: 0.9"), "'score_ci_low' has no effect"),
        (CASE.replace("score: 0.7", "score: 0.7, tagret: z"), "'tagret' has no effect, because it is no column"),
        (CASE.replace("symbol: A", "symbol: A, simbol: B"), "0.simbol: is not a key of a case"),
    ],
)
def test_a_key_of_a_case_that_is_given_twice_or_has_no_effect_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "cases.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError) as refused:
        try_cases(samples.policy(), path)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FAMILY + "    stage: cpu\n    stage: gpu\n", "line 5: families.mine.stage is given twice, first on line 4"),
        (FAMILY + "    parameters: {C: 1, C: 2}\n", "families.mine.parameters.C is given twice"),
        (FAMILY + "    parameters: {random_state: 7}\n", "random_state has no effect"),
        (FAMILY + "    symbol_parameters: {n_jobs: 7}\n", "n_jobs has no effect"),
        (FAMILY + "    prepare: [scale_labels]\n", "scale_labels has no effect"),
        (FAMILY + "    prepare: [scale, scale]\n", "prepare must have no duplicates"),
        (FAMILY + "    members: [linear, linear]\n", "members must have no duplicates"),
        (FAMILY + "    members: [logistic]\n    parameters: {estimators: []}\n", "estimators has no effect"),
        (FAMILY + "    stagee: cpu\n", "mine.stagee: is not a key of a family"),
        (FAMILY + "other: 1\n", "has others: other"),
    ],
)
def test_a_key_of_a_family_that_is_given_twice_or_has_no_effect_is_refused(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "families.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FamiliesError) as refused:
        load_families(path)
    assert said in str(refused.value)


def test_parameters_may_have_whole_numbers_for_keys(tmp_path: Path) -> None:
    path = tmp_path / "families.yaml"
    path.write_text(FAMILY + "    parameters: {class_weight: {0: 1, 1: 5}}\n", encoding="utf-8")
    assert load_families(path)["mine"].parameters == {"class_weight": {0: 1, 1: 5}}


@pytest.mark.parametrize("content", [b"\xff\xfe", b"routing: \xe9", b"\x00"])
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "policy.yaml"
    path.write_bytes(content)
    with pytest.raises(PolicyError, match=r"policy\.yaml (cannot be read: no UTF-8 text|is not YAML)|cannot be read"):
        read_policy(path)


@pytest.mark.parametrize("source", [5, None, b"policy.yaml", ["routing"], "a\0b", 1.5])
def test_a_source_that_is_none_is_refused(source: Any) -> None:
    with pytest.raises(PolicyError):
        read_policy(source)


def test_sections_of_other_programs_are_read_as_they_are() -> None:
    others = """\
on: [push]
1.5: {at: 9:30, mode: 0644, tagged: !thing [1], big: 1e999}
base: &base {twice: 010, twice: 1, <<: 5, ? [1, 2] : x}
"""
    found = read_yaml(f"{others}routing: {{<<: *base, least: 1e-3}}\n", "routing").value
    assert found["routing"] == {"twice": 1, "[1, 2]": "x", "least": 0.001}
    assert found["1.5"] == {"at": "9:30", "mode": "0644", "tagged": [1], "big": "1e999"}
    assert found["True"] == ["push"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("routing: {a: 010}", "line 1: 010 reads as"),
        ("x: 010\nrouting: {a: 1:30}", "line 2: 1:30 reads as"),
        ("x: !y 1\nrouting: !y {}", "line 2: the tag !y"),
        ("x: {routing: 010}\nrouting: {a: 1, a: 2}", "line 2: routing.a is given twice"),
        ("routing: {}\nx: {}\nrouting: {}", "line 3: routing is given twice, first on line 1"),
        ("x: {a: 1, <<: 5}\nrouting: {<<: 5}", "line 2: << must be followed"),
        ("x: *nothing\nrouting: {}", "line 1: *nothing is an alias of nothing"),
    ],
)
def test_our_section_is_held_to_its_rules_among_others(text: str, said: str) -> None:
    with pytest.raises(YamlError, match=re.escape(said)):
        read_yaml(text, "routing")
