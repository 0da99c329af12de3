"""Deprecated import path of training plans; import from ``planstore``."""
