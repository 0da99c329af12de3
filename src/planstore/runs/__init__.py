"""Runs: creation, commit and lookup by name."""
