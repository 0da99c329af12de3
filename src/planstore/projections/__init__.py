"""Projections: documents of a plan, and their files."""
