"""Runs: made, committed, and found again by name."""
