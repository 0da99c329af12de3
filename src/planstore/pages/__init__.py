"""HTML pages for browsers and notebooks, from templates that escape every value."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson

from planstore.checks.number_text import number_text
from planstore.events.vocabulary import UPPER_LIMITS, Route, Side, SignalState, TargetState

if TYPE_CHECKING:
    import jinja2

_MARKS = {
    Route.BOTH: ("B", "both", "a cross-sectional and a symbol-specific model"),
    Route.CROSS_SECTIONAL: ("C", "cross-sectional", "one model over all symbols"),
    Route.SYMBOL_SPECIFIC: ("S", "symbol-specific", "a symbol-specific model"),
    Route.EXPERIMENTAL_ONLY: ("E", "experimental only", "the experimental lane"),
    Route.BLOCKED: ("x", "blocked", "not trained"),
    TargetState.ENABLED: ("on", "enabled", "the cross-sectional model is trained"),
    TargetState.DISABLED: ("off", "disabled", "the cross-sectional model is not trained"),
}
ROUTES = {route.value: marks for route, marks in _MARKS.items()}
"""Each route with its letter, name and description on pages."""
SIDE_LABELS = {side.value: side.label for side in Side}
_NO_ROUTE = ("–", "no decision", "the run decided nothing on it")


def render(template: str, /, **values: Any) -> str:
    """Render a template of this folder with ``values``, escaped."""
    return _environment().get_template(template).render(values)


def part(name: str) -> str:
    """Return the text of a file of this folder, such as a script or a style sheet."""
    return _environment().loader.get_source(_environment(), name)[0]  # type: ignore[union-attr]


def content_hash(text: str) -> str:
    """Return the hash of a script for a page's content security policy."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def json_block(value: Any) -> str:
    """Return JSON that is safe inside a ``script`` element: nothing in it can end the element."""
    text = orjson.dumps(value, default=str).decode()
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def number(value: Any) -> str:
    """Format a value for display: integers with separators, fractions with six digits."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return number_text(value) if isinstance(value, float) else str(value)


def route_letter(route: str | None) -> str:
    """Return the letter of a route."""
    return _route(route)[0]


def route_name(route: str | None) -> str:
    """Return the display name of a route."""
    return _route(route)[1]


def route_meaning(route: str | None) -> str:
    """Return the description of a route."""
    return _route(route)[2]


def in_order(routes: Collection[str]) -> list[str]:
    """Return the routes of pairs in the order of all pages, and after them others that this version does not know."""
    known = [route for route in ROUTES if route.startswith("ROUTE_")]
    return [*known, *sorted(set(routes) - set(known))]


def _route(route: str | None) -> tuple[str, str, str]:
    return _NO_ROUTE if route is None else ROUTES.get(route, ("?", route, "a route that this version does not know"))


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("planstore", "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (number, route_letter, route_name, route_meaning)
    environment.filters |= {function.__name__: function for function in filters}
    environment.globals |= {
        "SIDES": SIDE_LABELS,
        "ROUTES": ROUTES,
        "STATES": tuple(SignalState),
        "UPPER_LIMITS": UPPER_LIMITS,
    }
    return environment
