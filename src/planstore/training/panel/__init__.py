"""Panels: features and targets of symbols over time."""
