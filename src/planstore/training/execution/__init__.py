"""Execution: the jobs of a plan are trained by workers, and each change of status is recorded."""
