"""The families that a call requests, checked against its policy as ``planstore route`` does."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from planstore.cli import output
from planstore.errors import RequestError
from planstore.events.vocabulary import Semantics
from planstore.routing.policy import Policy
from planstore.training.families import families_of, load_families, refuse_unknown


def check_families(requested: Iterable[str], policy: Policy, file: Path | None) -> None:
    """Refuse unknown families, and a families file that has no effect; note families that cannot be trained here.

    Args:
        requested: the requested families.
        policy: the policy.
        file: the families file, or None.

    Raises:
        RequestError: a family is unknown, or the file is invalid, or given with a policy of reference semantics.
    """
    if policy.semantics == Semantics.STRICT:
        known, names = load_families(file), list(requested)
        refuse_unknown(names, policy, known)
        for family in families_of(names, known):
            if family.missing_package is not None:
                output.print_note(
                    f"planstore: family {family.name} needs {family.missing_package}, which is not installed here: "
                    "install it before the training, or its jobs are skipped"
                )
    elif file is not None:
        raise RequestError(
            f"--families must be without a policy of reference semantics, which accepts any family name, got {file}: "
            "leave it out, and the key families of the environment and the project file"
        )
