"""The policy: which evidence is good enough for which route."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self

import orjson
from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    StrictBool,
    ValidationInfo,
    model_validator,
)

from planstore.events.candidate_columns import REQUIRED
from planstore.events.canonical import canonical_json
from planstore.events.hashing import digest_of
from planstore.events.vocabulary import SIDES, LeakageStatus, Preference, Semantics
from planstore.routing.policy_defaults import left_out_keys, shipped_policy, with_defaults, without_nulls
from planstore.routing.policy_sections import (
    Allowlist,
    Budget,
    Count,
    Experimental,
    FamilyRule,
    Horizon,
    Number,
    PolicySection,
    SampleSizes,
    Scores,
    StabilityClassification,
    Text,
    Threshold,
)
from planstore.routing.reference_policy import completed
from planstore.routing.score_order import crossed_scores


class PolicyWarning(UserWarning):
    """Something about a policy that is not wrong, but that its owner should know."""


class DefaultedKeysWarning(PolicyWarning):
    """A policy leaves keys out, which have the default policy's values; the command line shows it as a note."""


NEWER_KEYS: Mapping[str, Any] = {
    "refit": False, "budget": None, "score": "raw", "min_effective_samples": None, "max_false_discovery_rate": None,
    "false_discovery_method": "bh", "count_trials": False,
}  # fmt: skip
"""Keys that older policies do not have, with the value that leaves their document as it was."""


STRICT_KEYS = ("score", "min_effective_samples", "max_false_discovery_rate", "false_discovery_method", "count_trials")
"""Newer keys that the reference does not read."""


def is_refitted(document: bytes) -> bool:
    """Return whether training under a recorded policy fits each model once more on all labelled rows."""
    return bool(orjson.loads(document).get("refit", NEWER_KEYS["refit"]))


def _document_format(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


class Policy(PolicySection, BaseModel):
    """A routing policy, checked. Frozen; its identity is the digest of its canonical document.

    Keys are those of the recorded policies, and planstore's own: ``semantics``, ``horizon``, ``families``, ``refit``,
    ``budget``, and of evidence ``score``, ``min_margin_over_null``, ``min_effective_samples``,
    ``max_false_discovery_rate``, ``false_discovery_method``, ``count_trials``. Of a strict policy, keys that are left
    out, nested ones too, mean what ``DEFAULT_POLICY`` says; the defaults of the fields here are those of the reference,
    under which a side that no candidate has may be left out, and is None.
    """

    REFERENCE: ClassVar[Mapping[str, Any]] = {side.value: None for side in SIDES}

    semantics: Semantics = Field(
        default=Semantics.STRICT, description="strict, or reference: reproduces the recorded reference outputs"
    )
    dev_mode: StrictBool = Field(default=False, description="relaxes the cross-sectional minimum and allowlist")
    dev_mode_min_sample_size: Count = Field(default=1000, description="the cross-sectional minimum in dev mode")
    min_sample_size: SampleSizes = Field(description="fewest rows behind the evidence of each side")
    block_on_leakage: StrictBool = Field(
        default=True, description="a side whose leakage_status is BLOCKED is DISALLOWED"
    )
    min_margin_over_null: Threshold | None = Field(
        default=None, description="least margin of a score over its null_score; null: no margin is required (strict)"
    )
    min_effective_samples: Threshold | None = Field(
        default=None,
        description="fewest effective samples behind the evidence of a side; null: evidence need not say them (strict)",
    )
    max_false_discovery_rate: Annotated[Number, Field(gt=0, lt=1)] | None = Field(
        default=None,
        description="most q-value of a side: the share of false discoveries among the sides of a run that pass; null: "
        "no p-values are required (strict)",
    )
    false_discovery_method: Literal["bh", "by"] = Field(
        default="bh",
        description="bh: Benjamini and Hochberg; by: Benjamini and Yekutieli, under any dependence (strict)",
    )
    count_trials: StrictBool = Field(
        default=False, description="whether discoveries must hold over all earlier evidence of the store too (strict)"
    )
    score: Literal["raw", "shrunken"] = Field(
        default="raw",
        description="the score that thresholds are compared with: as measured, or moved towards the mean of its "
        "target's symbols (strict)",
    )
    cross_sectional: Scores | None = Field(description="scores of the cross-sectional side")
    symbol: Scores | None = Field(description="scores of the symbol side")
    stability_allowlist: Allowlist = Field(description="stabilities that each side may have")
    both_strong_behavior: Text = Field(
        default=Preference.BOTH.value,
        description="the route where both sides are good: ROUTE_BOTH, PREFER_CS or PREFER_SYMBOL",
    )
    enable_experimental_lane: StrictBool = Field(default=False, description="whether a side can be EXPERIMENTAL")
    experimental: Experimental = Field(default=Experimental(), description="the experimental lane")
    require_safe_features_only: StrictBool = Field(
        default=False, description="a side whose leakage_status is not allowed below is DISALLOWED (strict)"
    )
    allowed_feature_leakage_status: list[LeakageStatus] = Field(
        default=[LeakageStatus.SAFE], description="leakage statuses that require_safe_features_only allows"
    )
    require_min_successful_families: Count = Field(
        default=0, description="fewest requested families that did not fail; with fewer a side is DISALLOWED (strict)"
    )
    log_decision_reasons: StrictBool = Field(
        default=False, description="log each decision with its reasons, in the logger planstore.routing"
    )
    dump_plan_as: list[Annotated[Literal["JSON", "YAML", "MARKDOWN"], BeforeValidator(_document_format)]] = Field(
        default=["JSON"], description="formats of the exported plan; JSON is always written"
    )
    stability_classification: StabilityClassification = Field(
        default=StabilityClassification(), description="how an UNKNOWN stability is classified from its metrics"
    )
    horizon: Horizon = Field(default=Horizon(), description="how the horizon is read from a target's name")
    families: list[FamilyRule] = Field(
        default=[], description="families for each job; the first rule that matches applies"
    )
    refit: StrictBool = Field(
        default=False,
        description="after scoring, training fits each model once more on all labelled rows; those predict new rows",
    )

    budget: Budget | None = Field(
        default=None,
        description="the most that a plan may cost: families, then jobs of the lowest priority are left out; null: no "
        "limit",
    )

    _filled_in: tuple[str, ...] = PrivateAttr(())

    @model_validator(mode="before")
    @classmethod
    def _reference_may_have_gaps(cls, given: Any, info: ValidationInfo) -> Any:
        if not isinstance(given, Mapping) or given.get("semantics") != Semantics.REFERENCE:
            return given
        found, unread = completed(cls, given)
        if unread:
            where = (info.context or {}).get("where", "the policy")
            warnings.warn(
                f"{where}: keys without effect, because routing under semantics: reference does not read them: "
                f"{', '.join(unread)}",
                PolicyWarning,
                stacklevel=2,
            )
        return found

    @model_validator(mode="wrap")
    @classmethod
    def _strict_has_no_gaps(cls, given: Any, check: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(given, Mapping) or given.get("semantics") == Semantics.REFERENCE:
            policy = check(given)
            if policy.semantics == Semantics.REFERENCE and policy.min_margin_over_null is not None:
                raise ValueError("min_margin_over_null needs semantics: strict; the reference knows no null")
            if policy.semantics == Semantics.REFERENCE:
                for key in STRICT_KEYS:
                    if getattr(policy, key) != NEWER_KEYS[key]:
                        raise ValueError(f"{key} needs semantics: strict; the reference does not read it")
            if isinstance(given, Mapping):
                policy._filled_in = tuple(left_out_keys(without_nulls(given), policy.model_dump(mode="json")))
            return policy
        policy = check(with_defaults(given, shipped_policy()))
        policy._filled_in = tuple(left_out_keys(given, shipped_policy()))
        policy._refuse_contradictions()
        return policy

    @property
    def left_out(self) -> tuple[str, ...]:
        """The keys that the policy left out, such as ``experimental.min_score``; of a section left out, only its own.

        They have the value of the default policy, or under ``semantics: reference`` the reference's.
        """
        return self._filled_in

    def _refuse_contradictions(self) -> None:
        for key in self._absent_sides():
            raise ValueError(f"{key} must be given under semantics: strict, got null: say what the side needs")
        if self.both_strong_behavior not in tuple(Preference):
            raise ValueError(
                f"both_strong_behavior is {self.both_strong_behavior!r}; it can be {', '.join(Preference)} "
                "(semantics: reference takes any word, and routes by none)"
            )
        for one in crossed_scores(self.model_dump(mode="json")):
            raise ValueError(
                f"{one.side}.min_score is {one.min_score:g} for {one.task}, tier {one.tier}, above its strong_score of "
                f"{one.strong_score:g}: nothing could be merely good enough{self._defaulted(one.side)}"
            )

    def _defaulted(self, side: str) -> str:
        """Return the end of a sentence that names which thresholds of a side are not the policy's own, if any."""
        found = [key for key in self._filled_in if key == side or key.startswith(f"{side}.")]
        return f"; the policy leaves out {', '.join(found)}, which mean what the default policy says" if found else ""

    def _absent_sides(self) -> list[str]:
        sections = {
            "": self,
            "min_sample_size.": self.min_sample_size,
            "stability_allowlist.": self.stability_allowlist,
        }
        return [
            f"{place}{side}" for side in SIDES for place, section in sections.items() if getattr(section, side) is None
        ]

    @property
    def required_columns(self) -> list[str]:
        """The columns of candidates without which no score is good enough."""
        return [column for column, key in REQUIRED.items() if getattr(self, key) is not None]

    @property
    def leaves_out_a_side(self) -> bool:
        """Whether it knows nothing of one side, so that no candidate may have that."""
        return bool(self._absent_sides())

    @cached_property
    def document(self) -> bytes:
        """The canonical JSON document, every default written out, except those of newer keys."""
        whole = self.model_dump(mode="json")
        # because policies that were recorded before a key existed must keep their digest
        return canonical_json({key: value for key, value in whole.items() if NEWER_KEYS.get(key, ...) != value})

    @cached_property
    def policy_id(self) -> str:
        """The digest of the canonical document."""
        return digest_of(self.document)
