"""The public names of planstore; ``__init__.py`` imports each of them when it is first used."""

from .api.opening import open as open
from .api.store import Store as Store
from .audit.diff import Difference as Difference
from .audit.history import Change as Change
from .audit.report import Report as Report
from .audit.whatif import WhatIf as WhatIf
from .audit.why import Explanation as Explanation
from .audit.why_trained import TrainingReason as TrainingReason
from .database.query_rows import QueryRows as QueryRows
from .errors import (
    AnchorError as AnchorError,
    BadInputError as BadInputError,
    CandidatesError as CandidatesError,
    ConflictError as ConflictError,
    DeniedError as DeniedError,
    ExportError as ExportError,
    FamiliesError as FamiliesError,
    FamilyMissingError as FamilyMissingError,
    KeyConflictError as KeyConflictError,
    NotFoundError as NotFoundError,
    OutcomesError as OutcomesError,
    PanelError as PanelError,
    PlanFileError as PlanFileError,
    PlanInvalidError as PlanInvalidError,
    PlanStaleError as PlanStaleError,
    PlanstoreError as PlanstoreError,
    PolicyError as PolicyError,
    QueryError as QueryError,
    RequestError as RequestError,
    RunConflictError as RunConflictError,
    SampleError as SampleError,
    StaleError as StaleError,
    StoreBusyError as StoreBusyError,
    StoreError as StoreError,
    StoreMissingError as StoreMissingError,
    StoreVersionError as StoreVersionError,
    WorkerDiedError as WorkerDiedError,
)
from .events.status import JobStatus as JobStatus
from .ledger.backup import BackedUp as BackedUp
from .ledger.compaction import Compacted as Compacted
from .ledger.copy_store import Copied as Copied
from .ledger.findings import Finding as Finding, Verified as Verified
from .ledger.status_writer import StatusWriter as StatusWriter
from .models.libraries import ModelVersionWarning as ModelVersionWarning
from .models.model import Model as Model
from .outcomes.backtest import Backtest as Backtest
from .outcomes.calibrate import Calibration as Calibration
from .outcomes.record import RecordedOutcomes as RecordedOutcomes
from .pages.answers import ResultRows as ResultRows
from .plans.consumer import (
    apply_training_plan_filter as apply_training_plan_filter,
    compare_training_plans as compare_training_plans,
    filter_symbols_by_training_plan as filter_symbols_by_training_plan,
    filter_targets_by_training_plan as filter_targets_by_training_plan,
    get_cs_jobs as get_cs_jobs,
    get_jobs_for_symbol as get_jobs_for_symbol,
    get_jobs_for_target as get_jobs_for_target,
    get_model_families_for_job as get_model_families_for_job,
    get_symbol_jobs as get_symbol_jobs,
    get_training_jobs_for_target_symbol as get_training_jobs_for_target_symbol,
    get_training_plan_summary as get_training_plan_summary,
    print_training_plan_summary as print_training_plan_summary,
    should_train_target_symbol as should_train_target_symbol,
    validate_training_plan as validate_training_plan,
)
from .plans.cost import CostEstimate as CostEstimate
from .plans.progress import Progress as Progress
from .plans.training_plan import TrainingPlan as TrainingPlan, load_training_plan as load_training_plan
from .projections.exported import Exported as Exported
from .projections.rebuild import Rebuilt as Rebuilt
from .routing.candidates import CandidatesWarning as CandidatesWarning
from .routing.overrides import Override as Override
from .routing.policy import PolicyWarning as PolicyWarning
from .runs.dry_run import DryRun as DryRun
from .runs.run import Run as Run
from .training.evidence.measure import PanelEvidence as PanelEvidence
from .training.execution.outcome import Training as Training
from .training.outcomes.measure import PanelOutcomes as PanelOutcomes
from .training.panel.panel import Panel as Panel
from .training.prediction.outcome import PanelPredictions as PanelPredictions
from .training.trainer import Trained as Trained, train_panel as train_panel
from .version import __version__ as __version__

__all__: list[str]
from .training.evidence.leakage import LeakageLimits as LeakageLimits
from .training.evidence.ranking import Ranked as Ranked
from .training.panel.panel import Sample as Sample
from .training.panel.target import Target as Target
