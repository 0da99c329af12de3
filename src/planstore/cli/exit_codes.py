"""Exit codes of verbs other than 0 (done) and 1 (a finding)."""

from __future__ import annotations

WRONG_CALL = 2
"""The call or its input is invalid."""
NO_OUTPUT = 3
"""Standard output could not be written."""
HOOK_FAILED = 4
"""A hook after a commit has failed, which counts as the project file says; all else is done."""
READER_LEFT = 141
"""The reader of the output has left; a shell reports SIGPIPE with the same code."""
