"""The exit codes of verbs, beside 0 (done) and 1 (a finding)."""

from __future__ import annotations

WRONG_CALL = 2
"""The call or its input is wrong."""
NO_OUTPUT = 3
"""Standard output took no more."""
READER_LEFT = 141
"""Nobody reads the output to its end, as a shell has it for SIGPIPE."""
