"""Deprecated import path of training; import from ``planstore.training``."""
