"""All exceptions that planstore raises, in one tree.

::

    PlanstoreError
    ├── BadInputError          external input was refused; nothing was written
    │   ├── CandidatesError    a candidates file or frame
    │   ├── OutcomesError      an outcomes file or frame
    │   ├── PolicyError        a policy document
    │   ├── RequestError       an argument of a call
    │   ├── QueryError         a query of Store.sql or `planstore sql`
    │   ├── AnchorError        a malformed anchor
    │   ├── FamiliesError      a document of model families
    │   ├── PanelError         a panel of features and targets
    │   ├── SampleError        a sample that no model can be fitted on
    │   └── PlanFileError      an unreadable plan file
    ├── NotFoundError          a run, plan, target or symbol that is not in the ledger
    ├── ConflictError          the input contradicts the ledger; nothing was written
    │   ├── RunConflictError   a run id that already identifies another run
    │   ├── KeyConflictError   an idempotency key that already identifies another commit
    │   ├── StaleError         the ledger is newer than the commit that the caller read
    │   └── PlanStaleError     the plan is older than its evidence, policy, rules or overrides
    ├── FamilyMissingError     a model family that cannot be trained: unknown name, missing library, other targets
    ├── PlanInvalidError       a plan that contradicts its decisions
    ├── StoreError             the store cannot be used
    │   ├── StoreMissingError  the folder contains no store
    │   ├── StoreVersionError  the store has another version's format
    │   ├── DeniedError        the operating system or a server refused access or did not answer: permissions, memory,
    │   │                      disk space, open files, network
    │   ├── StoreBusyError     another process held the writer lock for longer than the timeout
    │   ├── CommitFailedError  a commit was answered with an error, and is not recorded
    │   └── ReadBackError      rows read back differ from the written rows
    ├── OutputError            standard output cannot be written; the command has finished
    ├── WorkerDiedError        a worker process died; its unfinished work is lost
    └── ExportError            exported files could not be written; the ledger is unchanged
"""

from __future__ import annotations

import errno

DENIALS = {errno.EACCES, errno.EPERM, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EDQUOT}
"""Error numbers of the operating system that say nothing about the store's health."""


class PlanstoreError(Exception):
    """Base class of all exceptions that planstore raises deliberately."""


class BadInputError(PlanstoreError):
    """External input was refused as a whole; nothing was written."""


class CandidatesError(BadInputError):
    """A candidates file or frame is invalid; the message names file, row, column, value and remedy."""


class OutcomesError(BadInputError):
    """An outcomes file or frame is invalid; the message names file, row, value and remedy."""


class PolicyError(BadInputError):
    """A policy document is invalid; the message names the key, the line and the allowed values."""


class RequestError(BadInputError):
    """An argument of a call is invalid."""


class QueryError(BadInputError):
    """A query is invalid, or does more than read the store."""


class AnchorError(BadInputError):
    """A text is not an anchor."""


class FamiliesError(BadInputError):
    """A document of model families is invalid; the message names the key, the line and the allowed values."""


class PanelError(BadInputError):
    """A panel cannot be read; the message names the file or column, and the remedy."""


class SampleError(BadInputError):
    """The rows of a target cannot be learned from: there are too few rows, or only one class."""


class PlanFileError(BadInputError):
    """A plan file is corrupt; the older copy next to it is not used instead."""


class NotFoundError(PlanstoreError):
    """The requested object is not in the ledger."""


class FamilyMissingError(PlanstoreError):
    """A model family cannot be trained: it is not registered, lacks its library, or does not support the target."""


class ConflictError(PlanstoreError):
    """The input contradicts the ledger; nothing was written."""


class KeyConflictError(ConflictError):
    """An idempotency key already identifies a commit with other content."""


class StaleError(ConflictError):
    """The ledger is newer than the commit that the caller read; the message names both commits."""


class PlanStaleError(ConflictError):
    """A plan is older than its inputs and is trained only if forced; the message names the changed inputs."""


class RunConflictError(ConflictError):
    """A run id already identifies a run with other evidence, policy, rules or settings."""


class PlanInvalidError(PlanstoreError):
    """A plan contradicts its decisions and was not published."""


class StoreError(PlanstoreError):
    """The store cannot be used; nothing was written."""


class StoreMissingError(StoreError):
    """The folder contains no store."""


class StoreVersionError(StoreError):
    """The store has a format that this version of planstore does not know."""


class DeniedError(StoreError):
    """The operating system or a server refused access (permissions, memory, disk space, open files) or did not answer.

    The store may be intact.
    """


def store_error(message: str, cause: Exception) -> StoreError:
    """Return a DeniedError if the operating system refused access, otherwise a StoreError."""
    return DeniedError(message) if isinstance(cause, OSError) and cause.errno in DENIALS else StoreError(message)


class StoreBusyError(StoreError):
    """Another process held the writer lock for longer than the timeout."""


class CommitFailedError(StoreError):
    """A commit was answered with an error, and nothing of it is recorded; or whether it is cannot be read now."""


class ReadBackError(StoreError):
    """Rows read back differ from the written rows, a fault of storage; the message says if the commit is recorded."""


class WorkerDiedError(PlanstoreError):
    """A worker process died, for example out of memory; its unfinished measurements or models are lost."""


class ExportError(PlanstoreError):
    """Exported files could not be written; the ledger is unchanged, and the next export completes the files."""


class OutputError(PlanstoreError):
    """Standard output cannot be written and the command's output is lost; its effects are recorded."""
