"""Outcomes measured on a panel: models of earlier plans, or refits, scored on rows that came after."""
