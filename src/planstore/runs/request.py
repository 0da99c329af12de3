"""The request of a run, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planstore.events import fields

if TYPE_CHECKING:
    from planstore.routing.candidates import Candidates
    from planstore.routing.policy import Policy


PATH = 4_096
"""Maximum characters of a file name."""


@dataclass(frozen=True)
class RunRequest:
    """A request for a run, with checked fields.

    Attributes:
        evidence: the candidates.
        policy: the policy.
        policy_name: source of the policy.
        settings: ``metrics_snapshot``, ``model_families`` and ``include_blocked``, as requested.
        run_id: name of the run; None generates one.
        git_commit, config_hash: recorded with the run.
        idempotency_key: identifies the call, so that a repetition is recognised.
        expected_commit: the commit that must be the newest.

    Raises:
        RequestError: a field is invalid.
    """

    evidence: Candidates
    policy: Policy
    policy_name: str
    settings: Mapping[str, Any]
    run_id: str | None
    git_commit: str | None
    config_hash: str | None
    idempotency_key: str | None
    expected_commit: int | None

    def __post_init__(self) -> None:
        settings = dict(self.settings)
        settings["metrics_snapshot"] = fields.optional_text("metrics_snapshot", settings["metrics_snapshot"], most=PATH)
        for family in settings["model_families"] or ():
            fields.text("each of model_families", family, most=fields.NAME)
        settings["include_blocked"] = fields.flag("include_blocked", settings["include_blocked"])
        expected = self.expected_commit
        fields.keep(
            self,
            policy_name=fields.text("the name of the policy", self.policy_name, most=PATH),
            settings=settings,
            git_commit=fields.optional_text("git_commit", self.git_commit, most=fields.NAME),
            config_hash=fields.optional_text("config_hash", self.config_hash, most=fields.NAME),
            expected_commit=expected
            if expected is None
            else fields.whole_number("expected_commit", expected, least=0, most=2**62),
        )
