"""The short link of texts and letters: it opens the appointment, like the link of an email, in the language of the
text where the browser has chosen none.

A telephone may be shared. Where its number stands in the record of another person too, the link asks for one fact about
the person whose appointment it is before it shows anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from flask import redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session
from wtforms.validators import DataRequired

from booking.counted import numbers_of
from booking.invitations.invitation_queries import invitation_by_short_token
from booking.queries import appointments, link_tokens
from booking.queries.advisers import adviser_of
from booking.queries.appointments import AppointmentView
from booking.queries.open_wishes import wish_by_short_token
from booking.states import has_link_ended
from core.errors import NotFound
from core.flask_context import current_runtime
from core.origin import origin_of
from core.rate_limits import SlowingLimit, check_slowing_limit
from core.runtime import Runtime
from locations.catalogue_queries import authorities, catalogue_by_id
from locations.catchment import EVERYBODY
from people.residents.name_parts import has_name_part
from people.residents.phone_queries import is_shared_phone
from people.residents.resident_repository import resident_of
from people.staff.access_marks import public
from web.components.form_fields import AtMost, Form, Text
from web.page_context import PageContext, resident_context
from web.request_language import follow_link
from web.resident import drafts
from web.resident.appointment_page import appointment_over, link_unknown
from web.resident.invitation_views import open_invitation
from web.resident.page_end import is_page_over
from web.resident.page_rendering import show
from web.resident.search_state import SearchState, has_ended
from web.resident.urls import blueprint
from web.resident.wish_page import open_wish

# Guesses of the fact: by appointment, and by whoever guesses.
GUESSES_OF_ONE = SlowingLimit("5/hour", beyond="1/10 minutes")
AGAIN_FOR = timedelta(days=30)  # after the visit a link still says what it was about
GUESSES_OF_ORIGIN = SlowingLimit("20/hour", beyond="1/minute")


class OneFactForm(Form):
    """What somebody else who reads the text may not know."""

    surname = Text(
        _("Surname"),
        description=_("Of the person that the appointment is for"),
        validators=[DataRequired(_("Enter the surname")), AtMost(200)],
        render_kw={"classes": "govuk-input--width-20", "autocomplete": "off"},
    )


@blueprint.route("/s/<token>", methods=["GET", "POST"])
@public
def short_link(token: str) -> ResponseReturnValue:
    """Exchange the token for a cookie and a clean address. Nothing is changed: whoever shows a preview opens links too."""
    runtime = current_runtime()
    with runtime.database.reading() as db:
        try:
            authority_id, appointment_id = link_tokens.by_short_token(db, runtime.settings.secret_keys, token)
        except NotFound:
            return _short_wish_link(runtime, db, token)
        follow_link(link_tokens.language_of(db, appointment_id))
        context = resident_context(runtime, db, catalogue_by_id(db, authority_id))
        view = appointments.by_id(db, context.catalogue, appointment_id)
        if is_page_over(db, view, context.now):
            return appointment_over(context)
        if question := _question(
            context, str(view.id), Owner(view.resident.id, view.resident.name, view.resident.phone), token
        ):
            return question
        drafts.open_appointment(context, view.reference, view.link_mark)
    return redirect(f"/{context.authority.slug}/appointment/{view.reference}", code=303)


def _short_wish_link(runtime: Runtime, db: Session, token: str) -> ResponseReturnValue:
    """The same for somebody who waits without an appointment."""
    try:
        wish = wish_by_short_token(db, runtime.settings.secret_keys, token)
    except NotFound:
        return _short_invitation_link(runtime, db, token)
    resident = resident_of(db, wish.authority_id, wish.resident_id)
    follow_link(resident.message_language)
    context = resident_context(runtime, db, catalogue_by_id(db, wish.authority_id))
    owner = Owner(resident.id, resident.name, resident.phone)
    return _question(context, f"wish {wish.id}", owner, token) or open_wish(context, wish)


def _short_invitation_link(runtime: Runtime, db: Session, token: str) -> ResponseReturnValue:
    """The same for somebody who is invited."""
    try:
        row = invitation_by_short_token(db, runtime.settings.secret_keys, token)
    except NotFound:
        return link_unknown(authorities(db))
    resident = resident_of(db, row.authority_id, row.resident_id)
    follow_link(resident.message_language)
    context = resident_context(runtime, db, catalogue_by_id(db, row.authority_id))
    owner = Owner(resident.id, resident.name, resident.phone)
    return _question(context, f"invitation {row.id}", owner, token) or open_invitation(context, db, row)


@dataclass(frozen=True)
class Owner:
    """Whose link it is."""

    id: int
    name: str
    phone: str


def _question(context: PageContext, what: str, owner: Owner, token: str) -> str | None:
    """The page that asks for a fact about whose it is, where the telephone is shared and it was not answered right."""
    if not is_shared_phone(context.db, context.authority.id, owner.id, owner.phone):
        return None
    form = OneFactForm()
    if form.validate_on_submit() and _knows(context, what, owner.name, form):
        return None
    return show("one_fact", context, form=form, url=f"/s/{token}")


@blueprint.get("/s/<token>/again")
@public
def book_again(token: str) -> ResponseReturnValue:
    """Lead to another visit for the same; of a visit of long ago, or on a shared telephone, to the council's start."""
    runtime = current_runtime()
    with runtime.database.reading() as db:
        try:
            authority_id, appointment_id = link_tokens.by_short_token(db, runtime.settings.secret_keys, token)
        except NotFound:
            return link_unknown(authorities(db))
        follow_link(link_tokens.language_of(db, appointment_id))
        context = resident_context(runtime, db, catalogue_by_id(db, authority_id))
        view = appointments.by_id(db, context.catalogue, appointment_id)
        is_told = context.now <= view.ends_at + AGAIN_FOR
        if not is_told or is_shared_phone(db, authority_id, view.resident.id, view.resident.phone):
            return redirect(f"/{context.authority.slug}", code=303)
        return redirect(f"/{context.authority.slug}/{_times_again(context, view)}", code=303)


def _times_again(context: PageContext, view: AppointmentView) -> str:
    """The page that leads to another visit like this one: its times, or how to book what cannot be booked online.

    What they need, and their own adviser, are said as long as the link opens the appointment: later it proves nothing. Times
    with that adviser need the proof of the link, which the browser keeps.
    """
    services, public = view.services, context.catalogue.public_services()
    if any(one not in public and not has_ended(one, context.today) for one in services):
        return ""  # the page with everything that can be booked
    by_telephone = next((one for one in services if not one.bookable_online), None)
    if by_telephone is not None:
        return f"services/{by_telephone.slug}"
    search = SearchState(
        services=tuple(service.slug for service in services), numbers=numbers_of(services, view.counts)
    )
    if has_link_ended(view.ends_at, context.now):
        return f"where?{search.query()}"
    search = replace(
        search,
        needs=view.support_needs,
        language=view.resident.language if "language" in view.support_needs else "",
    )
    ids = [service.id for service in services]
    known = adviser_of(context.db, context.catalogue, [view.resident.id], ids, context.today)
    if known is not None and (known.is_named or any(one.named_adviser != EVERYBODY for one in services)):
        drafts.open_appointment(context, view.reference, view.link_mark)
        return f"when?{replace(search, known=view.reference).query()}"
    return f"where?{search.query()}"


def _knows(context: PageContext, what: str, name: str, form: OneFactForm) -> bool:
    """Whether the surname is right; else the form says so. Raises: RateLimited."""
    check_slowing_limit(context.runtime, GUESSES_OF_ONE, "short link", what)
    check_slowing_limit(context.runtime, GUESSES_OF_ORIGIN, "short links", origin_of(request.remote_addr))
    if has_name_part(name, form.surname.data or ""):
        return True
    form.surname.errors = [gettext("Check the surname. It is not the one that we have")]
    return False
