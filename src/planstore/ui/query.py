"""The shell for SQL: queries of users in the sandbox of readers, with limits on time, memory and rows."""

from __future__ import annotations

import io
import time

import orjson
from starlette.responses import Response

from planstore.cli.results import Format, write
from planstore.database.error_translation import query_errors
from planstore.database.query_bounds import Bounds
from planstore.database.query_text import statements
from planstore.database.sandbox import views
from planstore.database.sql_docs import meaning_of
from planstore.errors import QueryError
from planstore.ui.asked import Asked
from planstore.ui.flips import Record

SECONDS = 20.0
"""Maximum computing time of a query."""
SHOWN_ROWS = 1_000
"""Maximum rows on the page."""
FILE_ROWS = 100_000
"""Maximum rows of a downloaded file."""
_MEDIA_TYPES = {
    Format.CSV: "text/csv",
    Format.PARQUET: "application/vnd.apache.parquet",
    Format.JSON: "application/json",
}


def query_page(asked: Asked) -> Record:
    """Return the page of the shell; a query in its address is shown, and runs when its reader says so."""
    return {
        "text": asked.text("query"),
        "views": [{"name": name, "meaning": meaning_of(name)} for name in sorted(views())],
        "limits": {"seconds": SECONDS, "rows": SHOWN_ROWS, "file_rows": FILE_ROWS},
    }


def words(asked: Asked) -> list[Record]:
    """Return the words of queries, for completion."""
    kept = ("view", "column", "macro", "table macro", "keyword")
    return [{"kind": kind, "word": word, "of": of} for kind, word, of, _ in asked.store.words() if kind in kept]


def query_answer(asked: Asked) -> Response | Record:
    """Return the rows of a query: an object with its columns, or a file.

    Raises:
        QueryError: the query is invalid, does more than read the store, or exceeded a limit.
    """
    form = asked.choice("format", tuple(_MEDIA_TYPES))
    found = statements(asked.needed("query"))
    if len(found) != 1:
        raise QueryError(f"a query must be one statement, got {len(found)}: run them one by one")
    if found[0].parameters:
        raise QueryError(f"${min(found[0].parameters)} must have a value: write the value in its place")
    session = asked.queries.at(asked.text("as_of")).access.user_session
    started = time.monotonic()
    bounds = Bounds(session.interrupt, seconds=SECONDS)
    limit = SHOWN_ROWS if form is None else FILE_ROWS
    with bounds.computing():
        relation = session.query(found[0].text)
    with query_errors(), bounds.computing():
        # because a result is computed whole before its first row is read
        rows = relation.limit(limit + 1).execute()
    content = io.BytesIO()
    write(rows, Format(form) if form else Format.JSON, limit, bounds, content)
    if form is not None:
        headers = {"content-disposition": f'attachment; filename="rows.{form}"'}
        return Response(content.getvalue(), headers=headers, media_type=_MEDIA_TYPES[Format(form)])
    return {
        "columns": [{"name": name, "type": str(kind)} for name, kind in zip(rows.columns, rows.types, strict=True)],
        "rows": orjson.Fragment(content.getvalue()),
        "more": len(rows) > limit,
        "seconds": round(time.monotonic() - started, 3),
    }
