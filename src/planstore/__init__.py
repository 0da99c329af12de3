"""planstore: an event-sourced plan store with immutable artifacts.

Names are imported from their parts when they are first asked for, so that a command imports only what it uses.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from planstore.version import __version__

if TYPE_CHECKING:
    from planstore.audit.diff import Difference
    from planstore.audit.history import Change
    from planstore.audit.whatif import WhatIf
    from planstore.audit.why import Explanation
    from planstore.errors import (
        AnchorError,
        BadInputError,
        CandidatesError,
        ConflictError,
        DeniedError,
        ExportError,
        FamiliesError,
        FamilyMissingError,
        KeyConflictError,
        NotFoundError,
        PanelError,
        PlanFileError,
        PlanInvalidError,
        PlanStaleError,
        PlanstoreError,
        PolicyError,
        QueryError,
        RequestError,
        RunConflictError,
        SampleError,
        StaleError,
        StoreBusyError,
        StoreError,
        StoreMissingError,
        StoreVersionError,
        WorkerDiedError,
    )
    from planstore.events.status import JobStatus
    from planstore.ledger.status_writer import StatusWriter
    from planstore.ledger.verify import Finding, Verified
    from planstore.plans.consumer import (
        apply_training_plan_filter,
        compare_training_plans,
        filter_symbols_by_training_plan,
        filter_targets_by_training_plan,
        get_cs_jobs,
        get_jobs_for_symbol,
        get_jobs_for_target,
        get_model_families_for_job,
        get_symbol_jobs,
        get_training_jobs_for_target_symbol,
        get_training_plan_summary,
        print_training_plan_summary,
        should_train_target_symbol,
        validate_training_plan,
    )
    from planstore.plans.training_plan import TrainingPlan, load_training_plan
    from planstore.routing.candidates import CandidatesWarning
    from planstore.routing.overrides import Override
    from planstore.routing.policy import PolicyWarning
    from planstore.runs.run import Run
    from planstore.store import Store, open

__all__ = [
    "AnchorError",
    "BadInputError",
    "CandidatesError",
    "CandidatesWarning",
    "Change",
    "ConflictError",
    "DeniedError",
    "Difference",
    "Explanation",
    "ExportError",
    "FamiliesError",
    "FamilyMissingError",
    "Finding",
    "JobStatus",
    "KeyConflictError",
    "NotFoundError",
    "Override",
    "PanelError",
    "PlanFileError",
    "PlanInvalidError",
    "PlanStaleError",
    "PlanstoreError",
    "PolicyError",
    "PolicyWarning",
    "QueryError",
    "RequestError",
    "Run",
    "RunConflictError",
    "SampleError",
    "StaleError",
    "StatusWriter",
    "Store",
    "StoreBusyError",
    "StoreError",
    "StoreMissingError",
    "StoreVersionError",
    "TrainingPlan",
    "Verified",
    "WhatIf",
    "WorkerDiedError",
    "__version__",
    "apply_training_plan_filter",
    "compare_training_plans",
    "filter_symbols_by_training_plan",
    "filter_targets_by_training_plan",
    "get_cs_jobs",
    "get_jobs_for_symbol",
    "get_jobs_for_target",
    "get_model_families_for_job",
    "get_symbol_jobs",
    "get_training_jobs_for_target_symbol",
    "get_training_plan_summary",
    "load_training_plan",
    "open",
    "print_training_plan_summary",
    "should_train_target_symbol",
    "validate_training_plan",
]

_DOOR = {
    "planstore.audit.diff": ("Difference",),
    "planstore.audit.history": ("Change",),
    "planstore.audit.whatif": ("WhatIf",),
    "planstore.audit.why": ("Explanation",),
    "planstore.plans.consumer": (
        "apply_training_plan_filter",
        "compare_training_plans",
        "filter_symbols_by_training_plan",
        "filter_targets_by_training_plan",
        "get_cs_jobs",
        "get_jobs_for_symbol",
        "get_jobs_for_target",
        "get_model_families_for_job",
        "get_symbol_jobs",
        "get_training_jobs_for_target_symbol",
        "get_training_plan_summary",
        "print_training_plan_summary",
        "should_train_target_symbol",
        "validate_training_plan",
    ),
    "planstore.errors": (
        "AnchorError",
        "BadInputError",
        "CandidatesError",
        "ConflictError",
        "DeniedError",
        "ExportError",
        "FamiliesError",
        "FamilyMissingError",
        "KeyConflictError",
        "NotFoundError",
        "PanelError",
        "PlanFileError",
        "PlanInvalidError",
        "PlanStaleError",
        "PlanstoreError",
        "PolicyError",
        "QueryError",
        "RequestError",
        "RunConflictError",
        "SampleError",
        "StaleError",
        "StoreBusyError",
        "StoreError",
        "StoreMissingError",
        "StoreVersionError",
        "WorkerDiedError",
    ),
    "planstore.events.status": ("JobStatus",),
    "planstore.ledger.status_writer": ("StatusWriter",),
    "planstore.ledger.verify": (
        "Finding",
        "Verified",
    ),
    "planstore.routing.candidates": ("CandidatesWarning",),
    "planstore.routing.overrides": ("Override",),
    "planstore.routing.policy": ("PolicyWarning",),
    "planstore.runs.run": ("Run",),
    "planstore.store": (
        "Store",
        "open",
    ),
    "planstore.plans.training_plan": (
        "TrainingPlan",
        "load_training_plan",
    ),
}
_PART_OF = {name: part for part, names in _DOOR.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _PART_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_PART_OF[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_PART_OF})
