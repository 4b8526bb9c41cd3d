"""An urgent answer goes to the staff's work list as soon as it is given, and how to reach somebody when they say so."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from contextlib import suppress

from flask import request, session
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from wtforms.validators import DataRequired

from booking.tables import Appointment
from booking.triage.given_answers import Given
from booking.urgent.urgent_queries import number_of_request
from booking.urgent.urgent_rules import UrgentAsk, key_of, urgent_meanings, urgent_words
from booking.use_cases.urgent_requests import answered_otherwise, keep_urgent, know_who_asked
from core.errors import RateLimited
from core.origin import origin_of
from core.personal_data import mask_phone
from core.rate_limits import SlowingLimit, check_slowing_limit
from locations.triage.tree import Tree, in_english
from web.components.form_fields import Form, NameField, PhoneField, optional
from web.page_context import PageContext
from web.typed_before import BROWSER

# From one origin: a library's computers share one, and nobody who asks is refused the number to ring. Who leaves a number
# of their own is not kept off the list by others who leave none.
URGENT_LIMIT = SlowingLimit("20/hour", beyond="1/10 minutes")
REACHED_LIMIT = SlowingLimit("60/hour", beyond="1/minute")


class ReachForm(Form):
    """How somebody can be reached who cannot wait; they may leave it empty and go."""

    name = NameField(_l("Your name, if you want to say it"), validators=[optional()], render_kw={"autocomplete": "off"})
    phone = PhoneField(
        _l("A number on which it is safe to ring you"),
        validators=[DataRequired(_l("Enter a number on which we can ring you"))],
        render_kw={"autocomplete": "off"},
    )


def note_answers(context: PageContext, tree: Tree, before: Given, now: Given, visit: str) -> None:
    """Put what was answered on the staff's list where it leads to an urgent outcome, or beside what was answered before."""
    english = in_english(tree)
    path, earlier = now.path_in(english), before.path_in(english)
    if path.outcome is not None and path.is_urgent:
        with suppress(RateLimited):
            _keep(context, tree, now, visit, "urgent", URGENT_LIMIT)
    elif earlier.outcome is not None and earlier.is_urgent:
        key = _key(tree, visit)
        answered_otherwise(context.runtime, context.authority.id, key, urgent_words(path), is_corrected=False)


def note_how_to_reach(context: PageContext, tree: Tree, given: Given, visit: str, form: ReachForm) -> None:
    """Write down the number, on the request of this visit or on a new one. Raises: RateLimited."""
    _keep(context, tree, given, visit, "reached", REACHED_LIMIT)
    key, name, phone = _key(tree, visit), form.name.data or "", form.phone.data or ""
    know_who_asked(context.runtime, context.authority.id, key, name=name, phone=phone)


def note_left(context: PageContext, tree: Tree, visit: str) -> None:
    """They have left the page quickly: whoever sees to it knows that, and nothing was asked of them."""
    if BROWSER in session:
        know_who_asked(context.runtime, context.authority.id, _key(tree, visit), left_page=True)


def note_booked(context: PageContext, visit: str, appointment_id: int) -> None:
    """They have booked: it is known now who asked."""
    here = select(Appointment.resident_id).where(Appointment.id == appointment_id)
    with context.runtime.database.reading() as db:
        resident_id = db.scalar(here)
    for tree in context.authority.triages:
        know_who_asked(context.runtime, context.authority.id, _key(tree, visit), resident_id=resident_id)


def number_given(context: PageContext, tree: Tree, visit: str) -> str | None:
    """The number that was given, as it is shown to whoever may look over a shoulder; None where staff see no request."""
    if BROWSER not in session:
        return None
    found = number_of_request(context.db, context.authority.id, _key(tree, visit), context.now)
    return None if found is None else mask_phone(found)


def _keep(context: PageContext, tree: Tree, given: Given, visit: str, what: str, limit: SlowingLimit) -> None:
    """Put it on the list; not what a program sends over and over, whom the page still tells whom to ring.

    Raises: RateLimited.
    """
    path, key = given.path_in(in_english(tree)), _key(tree, visit)
    if number_of_request(context.db, context.authority.id, key, context.now) is None:
        check_slowing_limit(context.runtime, limit, what, origin_of(request.remote_addr))
    ask = UrgentAsk(key, tree.slug, "online", urgent_meanings(path), urgent_words(path))
    keep_urgent(context.runtime, context.authority.id, ask, actor=context.actor)


def _key(tree: Tree, visit: str) -> str:
    """One for each visit of a browser: at a library's computer the next person begins one of their own."""
    return key_of(session[BROWSER], visit, tree.slug)
