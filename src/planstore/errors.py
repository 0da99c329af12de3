"""Every error planstore raises, in one tree.

::

    PlanstoreError
    ├── BadInputError          something from outside was refused; nothing was written
    │   ├── CandidatesError    a candidates file or frame
    │   ├── PolicyError        a policy document
    │   ├── RequestError       an argument of a call
    │   ├── QueryError         a query to planstore.sql
    │   ├── AnchorError        a text that is no anchor
    │   ├── FamiliesError      a document of model families
    │   ├── PanelError         a panel of features and targets
    │   ├── SampleError        rows that nothing can be learned from
    │   └── PlanFileError      a plan file that cannot be read
    ├── NotFoundError          a run, plan, target or symbol that the ledger does not hold
    ├── ConflictError          what was given contradicts what is recorded; nothing was written
    │   ├── RunConflictError   a run id that already stands for something else
    │   ├── KeyConflictError   an idempotency key that already stands for something else
    │   ├── StaleError         the ledger has moved on since the commit that the caller read
    │   └── PlanStaleError     the evidence, policy, rules or overrides have moved on since the plan was made
    ├── FamilyMissingError     a model family that cannot train here: no such name, no such library, not such targets
    ├── PlanInvalidError       a plan that contradicts its decisions
    ├── StoreError             the store itself cannot be used
    │   ├── StoreMissingError  there is no store at this place
    │   ├── StoreVersionError  the store was made by another version
    │   ├── DeniedError        the system did not let it be read, for want of rights, memory or open files
    │   ├── StoreBusyError     another process held the writer lock for too long
    │   └── ReadBackError      rows do not read back as they were written
    ├── OutputError            standard output takes no more; what was done is done
    ├── WorkerDiedError        a worker process died; what it was at is lost
    └── ExportError            files could not be written; the ledger is not touched
"""

from __future__ import annotations

import errno

DENIALS = {errno.EACCES, errno.EPERM, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EDQUOT}
"""What the system says when it does not let something be read that may be right."""


class PlanstoreError(Exception):
    """The root of every error that planstore raises on purpose."""


class BadInputError(PlanstoreError):
    """Input from outside was refused whole; nothing was written."""


class CandidatesError(BadInputError):
    """A candidates file or frame cannot be used; says where (file, row, column, value) and what to do."""


class PolicyError(BadInputError):
    """A policy document cannot be used; says which key, on which line, and what is allowed there."""


class RequestError(BadInputError):
    """An argument of a call cannot be used."""


class QueryError(BadInputError):
    """A query is not one that reads the store."""


class AnchorError(BadInputError):
    """A text is no anchor."""


class FamiliesError(BadInputError):
    """A document of model families cannot be used; says which key, on which line, and what is allowed there."""


class PanelError(BadInputError):
    """A panel cannot be read as a whole; says which file or column, and what to do."""


class SampleError(BadInputError):
    """Nothing can be learned from the rows of a target: too few of them, or of one class only."""


class PlanFileError(BadInputError):
    """A plan file is broken; the older copy beside it is not used in its place."""


class NotFoundError(PlanstoreError):
    """The ledger does not hold what was asked for."""


class FamilyMissingError(PlanstoreError):
    """A model family cannot train here: it is not registered, its library is absent, or it does not do such targets."""


class ConflictError(PlanstoreError):
    """What was given contradicts what is recorded; nothing was written."""


class KeyConflictError(ConflictError):
    """An idempotency key already stands for other content."""


class StaleError(ConflictError):
    """The ledger has moved on since the commit that the caller read; names both."""


class PlanStaleError(ConflictError):
    """What a plan follows from has moved on, so that it is not trained unless forced; says what changed."""


class RunConflictError(ConflictError):
    """A run id is already taken by a run with other evidence, policy, rules or settings."""


class PlanInvalidError(PlanstoreError):
    """A plan contradicts the decisions it was made from, so it was not published."""


class StoreError(PlanstoreError):
    """The store cannot be used; nothing was written."""


class StoreMissingError(StoreError):
    """There is no store at this place."""


class StoreVersionError(StoreError):
    """The store was made by a version of planstore that this one does not know."""


class DeniedError(StoreError):
    """The system did not let the store be read, for want of rights, memory, room or open files; it may be right."""


def store_error(message: str, cause: Exception) -> StoreError:
    """Return the error of a store that ``cause`` stands in the way of: a DeniedError where the store may be right."""
    return DeniedError(message) if isinstance(cause, OSError) and cause.errno in DENIALS else StoreError(message)


class StoreBusyError(StoreError):
    """Another process held the writer lock for longer than the timeout."""


class ReadBackError(StoreError):
    """Rows do not read back as they were written: a fault of storage; says whether their commit is recorded."""


class WorkerDiedError(PlanstoreError):
    """A worker process died, as one does that runs out of memory; what it measured or trained is lost."""


class ExportError(PlanstoreError):
    """Files could not be written; what the ledger holds is safe, and the next export completes them."""


class OutputError(PlanstoreError):
    """Standard output takes no more, so that the answer of a verb is lost; what the verb had done is done."""
