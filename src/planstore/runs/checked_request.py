"""Checks of the arguments of a route call, before anything is decided."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from planstore.checks.quoting import quoted
from planstore.errors import RequestError
from planstore.events.vocabulary import Semantics
from planstore.runs.lookup import checked_name, refuse_other_meaning
from planstore.runs.request import RunRequest

if TYPE_CHECKING:
    from planstore.routing.candidate_readers import CandidatesSource
    from planstore.routing.policy_reader import PolicySource

_WORD = re.compile(r"[^\W_]+")
_FAMILY = re.compile(r"[^\W_]+(?:[_ -]+[^\W_]+)*")
"""Family names that a plan only respells: each separator between words becomes one underscore."""
_SELECTORS = {"mutualinformation", "univariateselection"}


def checked_request(
    is_run: Callable[[str], bool],
    candidates: CandidatesSource,
    policy: PolicySource,
    model_families: Sequence[str] | None = None,
    *,
    include_blocked: bool = False,
    run_id: str | None = None,
    git_commit: str | None = None,
    config_hash: str | None = None,
    metrics_snapshot: str | None = None,
    idempotency_key: str | None = None,
    expected_commit: int | None = None,
) -> RunRequest:
    """Return a request with its candidates and policy read; warn of missing keys and columns.

    ``is_run`` returns whether a run id is recorded. The other arguments are those of
    :meth:`Store.route <planstore.Store.route>`, which describes them.

    Raises:
        CandidatesError, PolicyError, RequestError: an argument is invalid.
    """
    from planstore.routing.candidates import CandidatesWarning, read_candidates
    from planstore.routing.policy_reader import note_left_out, read_runnable_policy

    checked_name("run_id", run_id)
    checked_name("idempotency_key", idempotency_key)
    if run_id is not None and not is_run(run_id):
        refuse_other_meaning(run_id, is_run)
    read = read_runnable_policy(policy)
    checked = read.policy
    is_strict = checked.semantics == Semantics.STRICT
    requested = checked_families(model_families, strict=is_strict)
    if is_strict:
        refuse_odd_families("each family of a policy's rule", (n for rule in checked.families or () for n in rule.use))
    evidence = read_candidates(candidates, strict=is_strict, required=checked.required_columns)
    note_left_out(read, stacklevel=5)
    for note in evidence.notes:
        warnings.warn(note, CandidatesWarning, stacklevel=4)
    return RunRequest(
        evidence=evidence,
        policy=checked,
        policy_name=read.name,
        settings={
            "metrics_snapshot": metrics_snapshot,
            "model_families": requested,
            "include_blocked": include_blocked,
        },
        run_id=run_id,
        git_commit=git_commit,
        config_hash=config_hash,
        idempotency_key=idempotency_key,
        expected_commit=expected_commit,
    )


def checked_families(families: Sequence[str] | None, *, strict: bool) -> list[str] | None:
    """Return the requested families, checked."""
    if families is None:
        return None
    if isinstance(families, str) or not all(isinstance(family, str) for family in families):
        raise RequestError(f"model_families must be a list of names, got {quoted(families)}")
    if strict:
        refuse_odd_families("each of model_families", families)
    return list(families)


def refuse_odd_families(what: str, families: Iterable[str]) -> None:
    """Refuse names that cannot be a model family's, and names that a plan would normalise to another name.

    Raises:
        RequestError: a name is refused; the message names it and its normalised form.
    """
    for family in families:
        if not _FAMILY.fullmatch(family):
            words = _WORD.findall(family)
            hint = f": write {'_'.join(words)!r}" if words else ""
            hint += f", or give {' and '.join(map(repr, words))} each by itself" if len(words) > 1 else ""
            raise RequestError(
                f"{what} must be one name of letters and digits, with `_`, `-` or a space in between, "
                f"got {quoted(family)}{hint}"
            )
        if "".join(_WORD.findall(family)).lower() in _SELECTORS:
            raise RequestError(
                f"{what} must be a family that can be trained, got {quoted(family)}: it selects features"
            )
