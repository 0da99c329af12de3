"""Outcomes of evidence: recording them, and comparing them with what was promised."""
