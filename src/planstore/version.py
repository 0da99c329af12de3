"""The version of planstore, as commits record it."""

__version__ = "0.1.0"
