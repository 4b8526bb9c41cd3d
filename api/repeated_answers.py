"""Public searches that are asked again: the same answer, as long as nothing at all has been committed meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from flask import Response, request

from api.key_guard import current_api_key
from core.database import Database
from core.flask_context import current_runtime

SECONDS = 10  # at most so long: holds end and days begin without a commit
MOST_KEPT = 50
LONGEST_KEPT = 200_000  # bytes: 10 MB for each process at the most
View = TypeVar("View", bound=Callable[..., Response])
Kept = dict[Hashable, tuple[Hashable, bytes]]
"""For each question, what the database was like before it was answered, and the answer."""

_kept: WeakKeyDictionary[Database, Kept] = WeakKeyDictionary()


def repeated_while_unchanged(view: View) -> View:
    """A decorator: without a key, the same question gets the JSON that `view` gave before, while nothing has changed.

    What `view` answers depends on the address, the database and the time, and on nothing else of the request.
    """

    @wraps(view)
    def answer(**values: Any) -> Response:
        if current_api_key() is not None:
            return view(**values)
        runtime = current_runtime()
        kept = _kept.setdefault(runtime.database, {})
        question = request.path, request.query_string
        state = runtime.database.commit_stamp(), int(runtime.clock.now().timestamp()) // SECONDS
        known_state, body = kept.get(question, (None, b""))
        if known_state == state:
            return Response(body, mimetype="application/json")
        response = view(**values)
        if response.status_code == 200 and len(body := response.get_data()) <= LONGEST_KEPT:
            if len(kept) >= MOST_KEPT:
                kept.clear()
            kept[question] = state, body
        return response

    return cast(View, answer)
