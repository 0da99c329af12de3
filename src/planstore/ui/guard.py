"""The guard of the server: who may ask, by which name, and the headers of every answer.

A page of another site can make a browser send requests here. It cannot read the token, the cookie goes with no request
that such a page makes in the background, and a name that it lets point here (DNS rebinding) is no name of this server.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from planstore import pages

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cache-control": "no-store",
}
"""Headers of every answer; pages hold no script and no style of their own."""
METHODS = ("GET", "HEAD")
LOCAL_NAMES = frozenset({"localhost"})
_FROM_ELSEWHERE = ("cross-site", "same-site")
ANSWERS = "/api/"
"""The first part of all addresses of JSON and of files."""
STATIC = "/static/"
"""Files of the wheel, which say nothing about the store."""


class Guard:
    """Middleware that refuses requests without the token, and those of other sites.

    Args:
        app: the application behind it.
        token: the secret of the opened address.
        port: the port of the server, which names its cookie: browsers share cookies between ports.
        names: host names of the server beside localhost and addresses in numbers.
    """

    def __init__(self, app: ASGIApp, *, token: str, port: int, names: Collection[str] = ()) -> None:
        self._app = app
        self._token = token
        self._cookie = f"planstore-{port}"
        self._names = LOCAL_NAMES | {name.lower() for name in names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            answer = self._refusal(scope) or self._app
            await answer(scope, receive, self._with_headers(send))
        else:
            await send({"type": "websocket.close", "code": 1003})

    def _refusal(self, scope: Scope) -> Response | None:
        """Return the answer to a request that is not passed on: a refusal, or the cookie for a token."""
        headers = Headers(scope=scope)
        if scope["method"] not in METHODS:
            return _refused(405, "The method must be GET or HEAD: this server only reads.", allow=", ".join(METHODS))
        host = headers.get("host", "")
        if not self._is_own(host):
            return _refused(
                421,
                "The host name must be one of this server: open the address that planstore ui has printed, or start it "
                "with --public-host NAME.",
            )
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2].lower() != host.lower():
            return _refused(403, "The origin must be this server: a page of another site has asked.")
        # because a link to a page is followed, but another site's link must not run a query
        is_link = headers.get("sec-fetch-mode") == "navigate" and not scope["path"].startswith(ANSWERS)
        if headers.get("sec-fetch-site") in _FROM_ELSEWHERE and not is_link:
            return _refused(403, "The request must come from this server's pages: a page of another site has asked.")
        if scope["path"].startswith(STATIC):
            return None
        return self._without_token(scope, headers)

    def _without_token(self, scope: Scope, headers: Headers) -> Response | None:
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in query if name == "token"]
        if given:
            if not self._is_token(given[-1]):
                return _refused(401, "The token must be that of the running server, got another one.", pages_too=True)
            rest = urlencode([pair for pair in query if pair[0] != "token"])
            # because a path such as //elsewhere would be the address of another host
            path = "/" + scope["path"].lstrip("/\\")
            answer = RedirectResponse(f"{path}?{rest}" if rest else path, status_code=303)
            answer.set_cookie(self._cookie, self._token, httponly=True, samesite="lax", path="/")
            return answer
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        if self._is_token(_cookie(headers, self._cookie)) or (scheme.lower() == "bearer" and self._is_token(bearer)):
            return None
        return _refused(401, "The request must have this server's token, got none.", pages_too=True)

    def _is_token(self, given: str) -> bool:
        return secrets.compare_digest(given.encode("utf-8", "replace"), self._token.encode())

    def _is_own(self, host: str) -> bool:
        """Tell whether a Host header names this server; an address in numbers cannot be made to point elsewhere."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name in self._names or _is_address(name)

    def _with_headers(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        return sending


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _cookie(headers: Headers, name: str) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return "" if found is None else found.value


def _refused(status: int, reason: str, *, allow: str | None = None, pages_too: bool = False) -> Response:
    """Return a refusal: plain text, or the page that says where the token is."""
    headers = None if allow is None else {"allow": allow}
    if pages_too:
        return Response(pages.render("ui/refused.html", reason=reason), status, headers, "text/html")
    return Response(reason + "\n", status, headers, "text/plain")
