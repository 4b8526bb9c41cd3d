"""What was typed into a page's form before the page was shown in another language: kept on the server for a while.

The address of the page names the entry, and only the browser that typed can read it: no typed word stands in an address.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import timedelta

from flask import g, request, session
from werkzeug.datastructures import MultiDict

from core.browser_states import read_entry, write_entry
from core.flask_context import current_runtime
from core.tokens import new_token

BROWSER = "browser"  # in the browser's session: the random id of what the server keeps for it
TYPED = "typed"  # in an address: the name of the entry
KEPT = timedelta(minutes=30)
LONGEST_VALUE, MOST_VALUES = 2_000, 60
# What belongs to one page as it was shown, and not to what somebody typed.
OF_THE_PAGE = frozenset({"csrf_token", "idempotency_key", "seen", "lang"})


def keep_typed(sent: Mapping[str, Iterable[str]]) -> str:
    """The name under which the fields of a form that was sent are kept."""
    name, runtime = secrets.token_hex(8), current_runtime()
    now = runtime.clock.now()
    values = [(field, value[:LONGEST_VALUE]) for field, several in sent.items() for value in several]
    kept = {"fields": [pair for pair in values if pair[0] not in OF_THE_PAGE][:MOST_VALUES]}
    browser_id = session.setdefault(BROWSER, new_token())
    write_entry(runtime.database, browser_id, f"{TYPED}:{name}", kept, now=now, expires_at=now + KEPT)
    return name


def typed_before() -> MultiDict[str, str] | None:
    """What was typed into the form of this page before its language was changed; None when nothing was."""
    name, browser_id = request.args.get(TYPED, ""), session.get(BROWSER) if TYPED in request.args else None
    if not browser_id or request.method != "GET" or len(name) > 16:
        return None
    if TYPED not in g:
        runtime = current_runtime()
        with runtime.database.reading() as db:
            kept = read_entry(db, browser_id, f"{TYPED}:{name}", runtime.clock.now())
        g.typed = MultiDict((str(field), str(value)) for field, value in kept["fields"]) if kept else None
    found: MultiDict[str, str] | None = g.typed
    return found
