"""The families that a call requests, checked against its policy as ``planstore route`` does."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from planstore.errors import RequestError
from planstore.events.vocabulary import Semantics
from planstore.routing.policy import Policy
from planstore.training.families import load_families, refuse_unknown


def check_families(requested: Iterable[str], policy: Policy, file: Path | None) -> None:
    """Refuse unknown families, and a families file that has no effect.

    Args:
        requested: the requested families.
        policy: the policy.
        file: the families file, or None.

    Raises:
        RequestError: a family is unknown, or the file is invalid, or given with a policy of reference semantics.
    """
    if policy.semantics == Semantics.STRICT:
        refuse_unknown(requested, policy, load_families(file))
    elif file is not None:
        raise RequestError(
            f"--families must be without a policy of reference semantics, which accepts any family name, got {file}: "
            "leave it out, and the key families of the environment and the project file"
        )
