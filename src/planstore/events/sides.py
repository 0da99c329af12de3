"""The sides of a route, and their display names."""

from __future__ import annotations

SIDE_NAMES = {"cross_sectional": "cross-sectional", "symbol": "symbol", "pair": "pair"}
"""The cross-sectional side, the symbol side, and the checks of a pair against others."""
