"""The application: answers each address from the store, on threads."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from planstore import pages
from planstore.checks.quoting import quoted
from planstore.cli.output import json_bytes
from planstore.errors import BadInputError, DeniedError, NotFoundError, PlanstoreError, StoreBusyError
from planstore.ui.addresses import ANSWERS, API, PAGES, JsonAnswer, Page
from planstore.ui.asked import EVERYWHERE, Asked
from planstore.ui.guard import STATIC, Guard
from planstore.ui.memo import Memo
from planstore.ui.reading import Readers
from planstore.ui.stores import Stores

_log = logging.getLogger("planstore.ui")

MOST_ANSWERS = 500
"""Maximum number of kept answers about recorded runs."""
QUERY_MEMORY = "1GB"
"""Memory limit of all queries of users together."""
SMALLEST_COMPRESSED = 2_000
"""Bytes from which answers are compressed."""
_STATUSES: tuple[tuple[type[PlanstoreError], int], ...] = (
    (NotFoundError, 404),
    (BadInputError, 400),
    (StoreBusyError, 503),
    (DeniedError, 503),
)
_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def application(stores: Stores, *, token: str, port: int, names: tuple[str, ...] = ()) -> ASGIApp:
    """Return the application of a store.

    Args:
        stores: the store.
        token: the secret of the opened address.
        port: the port of the server.
        names: its host names beside localhost and addresses in numbers.
    """
    site = Site(stores)
    routes: list[BaseRoute] = [
        *(Route(page.path, partial(site.page, page), methods=["GET"]) for page in PAGES),
        *(Route(f"{API}{answer.path}", partial(site.answer, answer), methods=["GET"]) for answer in ANSWERS),
        Route(f"{STATIC}{{name}}", site.static, methods=["GET"]),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(GZipMiddleware, minimum_size=SMALLEST_COMPRESSED, compresslevel=1)],
        exception_handlers={HTTPException: site.missing, Exception: site.broken},
    )
    return Guard(app, token=token, port=port, names=names)


class Site:
    """The pages and answers of a store.

    Args:
        stores: the store.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._queries = stores.limited(QUERY_MEMORY)
        self._memo = Memo(MOST_ANSWERS)
        self._readers = Readers()
        self._static = {
            path.name: (path.read_bytes(), _MEDIA_TYPES[path.name[path.name.rindex(".") :]])
            for folder in (files("planstore.pages"), files("planstore.pages").joinpath("ui"))
            for path in folder.iterdir()
            if path.name.endswith(tuple(_MEDIA_TYPES))
        }

    async def page(self, page: Page, request: Request) -> Response:
        """Answer with a page, or with the page that says why there is none."""
        asked = self._asked(request)
        try:
            html = await self._readers.run(partial(self._render, page, asked), page.kind)
        except PlanstoreError as error:
            return self._failed(asked, page, error)
        return HTMLResponse(html)

    async def answer(self, answer: JsonAnswer, request: Request) -> Response:
        """Answer with JSON; an error is an object with ``error``."""
        asked = self._asked(request)

        def read() -> bytes | Response:
            asked.check(answer.parameters, answer.repeated)
            found = answer.read(asked)
            return found if isinstance(found, Response) else json_bytes(found)

        try:
            found = await self._readers.run(read, answer.kind)
        except PlanstoreError as error:
            return _json({"error": str(error)}, _status(error))
        return found if isinstance(found, Response) else Response(found, media_type="application/json")

    async def static(self, request: Request) -> Response:
        """Answer with a script or a style sheet of the wheel."""
        name = request.path_params["name"]
        if name not in self._static:
            raise HTTPException(404)
        content, media_type = self._static[name]
        return Response(content, media_type=media_type)

    async def missing(self, request: Request, error: Exception) -> Response:
        """Answer an address that is none."""
        assert isinstance(error, HTTPException)
        path = request.url.path
        reason = f"the address must be one of this server, got {quoted(path)}: begin at the overview"
        if path.startswith(API):
            return _json({"error": reason}, error.status_code)
        if path.startswith("/part/"):
            return HTMLResponse(pages.render("ui/part_error.html", reason=reason), error.status_code)
        values = {"title": "No such page", "reason": reason, "status": error.status_code}
        return HTMLResponse(self._html("error.html", self._asked(request), values), error.status_code)

    async def broken(self, request: Request, _: Exception) -> Response:
        """Answer after an error of planstore itself, which the log has."""
        reason = "planstore has an error of its own: its log has the details; please report them"
        if request.url.path.startswith(API):
            return _json({"error": reason}, 500)
        return HTMLResponse(pages.render("ui/part_error.html", reason=reason), 500)

    def _asked(self, request: Request) -> Asked:
        values: dict[str, list[str]] = {}
        for name, value in request.query_params.multi_items():
            values.setdefault(name, []).append(value)
        return Asked(self._stores, self._queries, self._memo, values)

    def _render(self, page: Page, asked: Asked) -> str:
        asked.check(page.parameters, page.repeated)
        values = page.read(asked)
        if page.template.startswith("part_"):
            return pages.render(f"ui/{page.template}", link=asked.link, **values)
        return self._html(page.template, asked, values, page)

    def _html(self, template: str, asked: Asked, values: Mapping[str, Any], page: Page | None = None) -> str:
        query = {name: found for name, found in asked.values.items() if any(found)}
        twin = None
        if page is not None and page.twin is not None:
            known = next(answer.parameters for answer in ANSWERS if answer.path == page.twin)
            given = urlencode({name: query[name] for name in (*known, *EVERYWHERE) if name in query}, doseq=True)
            twin = f"{API}{page.twin}" + (f"?{given}" if given else "")
        path = "/" if page is None else page.path
        place = self._stores.newest.access.place
        now = urlencode({name: found for name, found in query.items() if name not in EVERYWHERE}, doseq=True)
        common = {
            "link": asked.link,
            "now": f"{path}?{now}" if now else path,
            "place": place,
            "place_name": place.name if isinstance(place, Path) else place,
            "path": path,
            "has_page": page is not None,
            "query": query,
            "as_of": asked.text("as_of"),
            "newest": self._stores.last_commit(),
            "twin": twin,
        }
        return pages.render(f"ui/{template}", **common, **values)

    def _failed(self, asked: Asked, page: Page, error: PlanstoreError) -> Response:
        """Return the answer to a request whose page cannot be read."""
        status = _status(error)
        if page.template.startswith("part_"):
            return HTMLResponse(pages.render("ui/part_error.html", reason=str(error)), status)
        try:
            html = self._html("error.html", asked, {"title": _TITLES[status], "reason": str(error), "status": status})
        except PlanstoreError:  # because the page around an error reads the store too
            html = pages.render("ui/refused.html", reason=str(error))
        return HTMLResponse(html, status)


_TITLES = {400: "The address has a mistake", 404: "Not in this store", 500: "The store cannot be read", 503: "Not now"}


def _status(error: PlanstoreError) -> int:
    status = next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)
    if status == 500:
        _log.error("a page could not be read: %s", error)
    return status


def _json(value: object, status: int) -> Response:
    return Response(json_bytes(value), status, media_type="application/json")
