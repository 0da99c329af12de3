"""Execution: workers train the jobs of a plan, and each change of a job's status is recorded."""
