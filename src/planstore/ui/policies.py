"""The pages of the policies: their documents, their differences, and the runs that used them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from planstore.checks.quoting import quoted
from planstore.errors import NotFoundError
from planstore.ui.asked import Asked
from planstore.ui.flips import Record

if TYPE_CHECKING:
    from planstore.routing.policy import Policy


def policies_page(asked: Asked) -> Record:
    """Return the page of all policies."""
    return {"policies": policies_answer(asked)}


def policies_answer(asked: Asked) -> list[Record]:
    """Return the policies, newest first, each with its runs."""
    rows: list[Record] = asked.store.access.session.records("ui/policies")
    return rows


def policy_page(asked: Asked) -> Record:
    """Return the page of a policy, and its difference from another one."""
    from planstore.routing.effective_policy import effective_text
    from planstore.routing.policy_difference import difference

    row, policy = named_policy(asked, asked.needed("id"))
    everyone = policies_answer(asked)
    earlier = [other for other in everyone if other["commit_id"] < row["commit_id"]]
    against = asked.text("against") or (earlier[0]["policy_id"] if earlier else None)
    other = None if against is None else named_policy(asked, against)
    return {
        "policy": next(one for one in everyone if one["policy_id"] == row["policy_id"]),
        "text": effective_text(policy),
        "policies": everyone,
        "other": None if other is None else other[0],
        "difference": None if other is None else difference(other[1], policy),
    }


def policy_answer(asked: Asked) -> Record:
    """Return a policy's document, and its difference from another one, for JSON."""
    found = policy_page(asked)
    _, policy = named_policy(asked, asked.needed("id"))
    return {
        **found["policy"],
        "routing": policy.model_dump(mode="json"),
        "difference": None if found["difference"] is None else found["difference"].as_dict(),
    }


def named_policy(asked: Asked, start: str) -> tuple[Record, Policy]:
    """Return the row and the policy of an id, or of the start of one.

    Raises:
        NotFoundError: no policy has it, or several have.
        PolicyError: this version does not know a key of it.
    """
    from planstore.routing.policy_reader import recorded_policy

    rows = asked.store.access.session.records("ui/policy_document", start=start)
    if not rows:
        raise NotFoundError(f"{quoted(start)} is no policy of this store, or the start of several: open Policies")
    return rows[0], recorded_policy(json.loads(rows[0]["document"]))
