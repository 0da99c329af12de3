"""planstore: an event-sourced plan store with immutable artifacts."""

from planstore.store import open

__version__ = "0.1.0"
__all__ = ["open"]
