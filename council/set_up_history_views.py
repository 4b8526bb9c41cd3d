"""The history of the set-up: what was changed, by whom and when; and putting a change back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from flask import request, url_for
from flask.typing import ResponseReturnValue

from booking.use_cases.change_set_up import InvalidEdits
from core.errors import InvalidValue, NotFound
from core.text import clean_line
from council.council_blueprint import SET_UP_PATH, blueprint
from council.message_history import message_lines
from locations.history.change_repository import (
    PastChange,
    change_by_id,
    changes_of,
    changes_of_set,
    recent_changes,
)
from locations.importing.difference import Key, Kind
from locations.importing.set_up_tables import Edit, fingerprint
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.manage.past_changes import change_page, history_page
from web.manage.screen_words import screen_text
from web.manage.set_up_context import address_of, preview_address, things_of
from web.manage.set_up_proposals import Proposal, lead_to_preview
from web.manage.set_up_words import title_of
from web.page_context import StaffContext, staff_context

CHANGE_PATH = f"{SET_UP_PATH}/changes/<int:change>"


@blueprint.get(f"{SET_UP_PATH}/history")
@requires(Action.MANAGE_SET_UP)
def set_up_history() -> ResponseReturnValue:
    """The last changes, of everything or of the one thing in the query."""
    kind, *slugs = _line(request.args.get("thing", "")).split("/")
    with staff_context() as context:
        key = Key(cast(Kind, kind), tuple(slugs)) if slugs else None
        things = things_of(context)
        known = key if key in things else None
        found = changes_of(context.db, context.authority.id, key) if key else None
        past = recent_changes(context.db, context.authority.id) if found is None else found
        title = title_of(known, things[known].table, context.catalogue) if known else context.authority.name
        back = (address_of(known) if known else None) or url_for("council.set_up")
        also = message_lines(context) if found is None else ()
        return history_page(context, past, title, _address, back, also)


@blueprint.get(CHANGE_PATH)
@requires(Action.MANAGE_SET_UP)
def set_up_change(change: int) -> ResponseReturnValue:
    """One change, and the button that puts it back."""
    with staff_context() as context:
        return _page(context, change_by_id(context.db, context.authority.id, change), ())


@blueprint.post(CHANGE_PATH)
@requires(Action.MANAGE_SET_UP)
def put_back(change: int) -> ResponseReturnValue:
    """The preview of bringing the thing back to what it was before the change."""
    with staff_context() as context:
        past, things = change_by_id(context.db, context.authority.id, change), things_of(context)
        edits = tuple(Edit(one.key, one.before) for one in _with_its_site(context, past))
        seen = {edit.key: fingerprint(things[edit.key].table if edit.key in things else None) for edit in edits}
        address = url_for("council.set_up_change", change=change)
        done = (address_of(past.key) if past.before else None) or url_for("council.set_up")
        try:
            return lead_to_preview(context, Proposal(edits, seen, address, done), preview_address, back_url=address)
        except InvalidEdits as error:
            return _page(context, past, tuple(screen_text(one.what) for one in error.errors)), 400


def _with_its_site(context: StaffContext, past: PastChange) -> list[PastChange]:
    """The change; with the removal of a site, that of all that stood there, which comes back with it."""
    together = [past]
    if past.key.kind == "site" and past.after is None:
        for one in changes_of_set(context.db, context.authority.id, past.change_set):
            is_of_site = one.key.slugs[:1] == past.key.slugs and one.key.kind in ("resource", "session")
            if is_of_site or (one.before or {}).get("site") == past.key.slugs[0]:
                together.append(one)
    return together


def _line(text: str) -> str:
    """What the address says, which may be anything. Raises: NotFound."""
    try:
        return clean_line(text)
    except InvalidValue as error:
        raise NotFound from error


def _page(context: StaffContext, past: PastChange, errors: Sequence[str]) -> str:
    back = url_for("council.set_up_history", thing="/".join((past.key.kind, *past.key.slugs)))
    together = _with_its_site(context, past)
    return change_page(context, together, url_for("council.put_back", change=past.id), back, errors)


def _address(past: PastChange) -> str:
    return url_for("council.set_up_change", change=past.id)
