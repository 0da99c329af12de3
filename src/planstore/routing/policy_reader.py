"""Policies from outside: a file, a mapping or a policy, checked, with a warning for keys that are left out."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import orjson

from planstore.checks.quoting import quoted
from planstore.database.connection import memory
from planstore.documents.yaml_document import Kind
from planstore.errors import PolicyError
from planstore.routing.policy import Policy, PolicyWarning

KIND = Kind("policy", "routing", PolicyError, alone=False)


PolicySource = Policy | Mapping[str, Any] | str | Path


def read_policy(source: PolicySource) -> tuple[Policy, str]:
    """Return the policy that ``source`` holds, and a name for it.

    Args:
        source: a policy, a mapping with the top key ``routing``, or the path of a YAML file.

    Raises:
        PolicyError: names the file, each key that is wrong, its line and what is allowed there.
    """
    if isinstance(source, Policy):
        return source, "policy"
    if isinstance(source, Mapping):
        return KIND.check(source, "the policy", Policy), "policy"
    if not isinstance(source, str | Path):
        raise PolicyError(f"the policy must be a policy, a mapping or the path of a YAML file, got {quoted(source)}")
    path = Path(source)
    return KIND.read(path, Policy), path.stem


def read_runnable_policy(source: PolicySource) -> tuple[Policy, str]:
    """Return a policy and its name, as :func:`read_policy` does, whose patterns the database can search with.

    Raises:
        PolicyError: it is none, or names a pattern that the database refuses.
    """
    policy, name = read_policy(source)
    check_patterns(policy, _place(source))
    return policy, name


def _place(source: PolicySource) -> str:
    return str(source) if isinstance(source, str | Path) else "the policy"


def note_left_out(policy: Policy, source: PolicySource) -> None:
    """Warn of all keys that a policy leaves out, at once, and say what they mean."""
    if not policy.left_out:
        return
    document = policy.model_dump(mode="json")
    keys = ", ".join(_told(key, document) for key in policy.left_out)
    warnings.warn(
        f"{_place(source)}: keys that are left out mean what the default policy says: {keys}; "
        "`planstore init --policy FILE` writes all of them",
        PolicyWarning,
        stacklevel=4,
    )


def _told(key: str, document: Mapping[str, Any]) -> str:
    """Return a key with its value, where that is short."""
    value = orjson.dumps(reduce(getitem, key.split("."), document)).decode()
    return f"{key} ({value})" if len(value) <= 60 else key


def check_patterns(policy: Policy, where: str = "the policy") -> None:
    """Refuse patterns that the database cannot search or match with.

    Raises:
        PolicyError: names the pattern and what the database says of it.
    """
    session = memory()
    session.run("routing/unicode_pattern")
    for index, pattern in enumerate(policy.horizon.patterns):
        problem = session.problem("policy/horizon_pattern", regex=pattern.regex)
        if problem:
            raise PolicyError(
                f"{where}: horizon.patterns.{index}.regex: {pattern.regex!r} cannot be searched with: {problem}"
            )
    session.run("planning/pattern_regex")
    for index, rule in enumerate(policy.families):
        for key, name_pattern in (("target", rule.target), ("symbol", rule.symbol)):
            problem = name_pattern and session.problem("policy/family_pattern", pattern=name_pattern)
            if problem:
                raise PolicyError(
                    f"{where}: families.{index}.{key}: {name_pattern!r} is no pattern of names: {problem}"
                )
    session.close()
