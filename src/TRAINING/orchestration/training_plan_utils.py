"""Deprecated import path of the training plan helpers; import from ``planstore``."""

import warnings

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
from planstore.plans.training_plan import load_training_plan

warnings.warn(f"{__name__} is an older import path; import from planstore", DeprecationWarning, stacklevel=2)

__all__ = [
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
    "print_training_plan_summary",
    "should_train_target_symbol",
    "validate_training_plan",
]
