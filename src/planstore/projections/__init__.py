"""Projections: a plan as documents, and documents as files."""
