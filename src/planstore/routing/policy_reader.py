"""Policies from outside: a file, a mapping or a policy, checked, with a warning for keys that are left out."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from contextlib import closing
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from planstore.checks.quoting import quoted
from planstore.database.connection import memory
from planstore.documents.yaml_document import Kind
from planstore.errors import PolicyError
from planstore.events.vocabulary import Semantics
from planstore.routing.policy import NEWER_KEYS, DefaultedKeysWarning, Policy
from planstore.routing.policy_sections import Horizon

KIND = Kind("policy", "routing", PolicyError, alone=False)


class ReadPolicy(NamedTuple):
    """A checked policy and its file.

    Attributes:
        policy: the policy.
        path: the YAML file; None if the policy was no file.
    """

    policy: Policy
    path: Path | None = None

    @property
    def name(self) -> str:
        """The name that a run records."""
        return "policy" if self.path is None else self.path.stem

    @property
    def where(self) -> str:
        """The start of messages about the policy."""
        return "the policy" if self.path is None else str(self.path)


PolicySource = Policy | ReadPolicy | Mapping[str, Any] | str | Path
"""A policy, a mapping with the top key ``routing``, or the path of a YAML file."""


def read_policy(source: PolicySource) -> ReadPolicy:
    """Read and check a policy.

    Args:
        source: a policy, a mapping with the top key ``routing``, the path of a YAML file, or the result of this
            function.

    Raises:
        PolicyError: names the file, and each wrong key with its line and the allowed values.
    """
    if isinstance(source, ReadPolicy):
        return source
    if isinstance(source, Policy):
        return ReadPolicy(source)
    if isinstance(source, Mapping):
        return ReadPolicy(KIND.check(source, "the policy", Policy))
    if not isinstance(source, str | Path):
        raise PolicyError(f"the policy must be a policy, a mapping or the path of a YAML file, got {quoted(source)}")
    path = Path(source)
    return ReadPolicy(KIND.read(path, Policy), path)


def recorded_policy(document: Mapping[str, Any]) -> Policy:
    """Return the policy of a recorded document; a key that it lacks is newer, and has the value without an effect.

    Raises:
        PolicyError: this version does not know a key of it.
    """
    is_strict = document.get("semantics") != Semantics.REFERENCE
    return KIND.check({"routing": {**(NEWER_KEYS if is_strict else {}), **document}}, "the recorded policy", Policy)


def read_runnable_policy(source: PolicySource) -> ReadPolicy:
    """Read and check a policy with :func:`read_policy`, and its patterns with :func:`check_patterns`.

    Raises:
        PolicyError: the policy is invalid, or the database refuses one of its patterns.
    """
    read = read_policy(source)
    check_patterns(read.policy, read.where)
    return read


def note_left_out(read: ReadPolicy, *, stacklevel: int = 4) -> None:
    """Give one warning that lists all keys that a strict policy leaves out, with their defaults."""
    policy = read.policy
    # because a policy that was complete before a newer key existed still says all that it decides
    left_out = [key for key in policy.left_out if key not in NEWER_KEYS]
    if not left_out or policy.semantics == Semantics.REFERENCE:
        return
    document = policy.model_dump(mode="json")
    keys = ", ".join(_with_value(key, document) for key in left_out)
    warnings.warn(
        f"{read.where}: keys left out have the values of the default policy: {keys}; "
        "`planstore init --policy FILE` writes all of them",
        DefaultedKeysWarning,
        stacklevel=stacklevel,
    )


def _with_value(key: str, document: Mapping[str, Any]) -> str:
    """Return a key, followed by its value if that is short."""
    value = orjson.dumps(reduce(getitem, key.split("."), document)).decode()
    return f"{key} ({value})" if len(value) <= 60 else key


def check_patterns(policy: Policy, where: str = "the policy") -> None:
    """Refuse patterns that the database cannot search or match with; the default patterns are not tried.

    Raises:
        PolicyError: the database refuses a pattern; the message names it.
    """
    defaults = {pattern.regex for pattern in Horizon().patterns}
    regexes = [(index, one.regex) for index, one in enumerate(policy.horizon.patterns) if one.regex not in defaults]
    names = [
        (index, key, pattern)
        for index, rule in enumerate(policy.families)
        for key, pattern in (("target", rule.target), ("symbol", rule.symbol))
        if pattern
    ]
    if not regexes and not names:  # because most policies have no others, and opening a database takes time
        return
    with closing(memory()) as session:
        session.run("routing/unicode_pattern")
        for index, regex in regexes:
            if problem := session.problem("policy/horizon_pattern", regex=regex):
                raise PolicyError(
                    f"{where}: horizon.patterns.{index}.regex: {regex!r} cannot be searched with: {problem}"
                )
        session.run("planning/pattern_regex")
        for index, key, pattern in names:
            if problem := session.problem("policy/family_pattern", pattern=pattern):
                raise PolicyError(f"{where}: families.{index}.{key}: {pattern!r} is no pattern of names: {problem}")
