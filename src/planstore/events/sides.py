"""The sides that a route weighs, and how people read their names."""

from __future__ import annotations

SIDE_NAMES = {"cross_sectional": "cross-sectional", "symbol": "symbol", "pair": "pair"}
"""The cross-sectional side, the symbol's own, and what is checked of a pair among others."""
