"""Other contact details and needs for an appointment, from whoever holds its link. The person's record stays as it is."""

from __future__ import annotations

from flask import Response
from flask import session as flask_session
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _

from booking.queries.appointments import by_reference
from booking.states import Contact
from booking.use_cases.change_details import Details, change_details
from core.audit import Actor
from core.errors import IllegalMove, Stale
from people.staff.access_marks import public
from web.components.form_fields import Form
from web.message_routes import route_of_appointment
from web.resident import drafts
from web.resident.appointment_page import Own, own
from web.resident.forms import ContactForm, NeedsForm
from web.resident.search_state import needs_of
from web.resident.urls import blueprint


@blueprint.route("/<authority:authority>/appointment/<reference>/contact", methods=["GET", "POST"])
@public
def contact(authority: str, reference: str) -> ResponseReturnValue:
    """Another way to reach the resident about this appointment."""
    with own(authority, reference) as mine:
        settled = mine.settled()
        if settled is not None:
            return settled
        known, helper = _known(mine), mine.view.representative
        form = _contact_form(mine, known)
        reach = {"email": helper.email, "phone": helper.phone} if helper else {}
        if form.validate_on_submit():
            wanted = form.contact(known)
            if form.check_reach(mine.view.mode, wanted, reach):
                return _change(mine, Details(wanted, notes=form.notes.data or ""), "contact", form)
        return mine.show("contact", form=form, back=mine.at)


def _known(mine: Own) -> Contact:
    resident = mine.view.resident
    return Contact(resident.email, resident.phone, resident.contact_preference, resident.leave_no_message)


def _contact_form(mine: Own, known: Contact) -> ContactForm:
    """What is kept, without the address and the number themselves. Who asked for texts gets emails: there are no texts."""
    facts = {"leave_no_message": known.leave_no_message, "notes": mine.view.notes}
    form = ContactForm(data={**facts, "contact_preference": known.preference})
    form.say_what_is_known(known)
    if form.contact_preference.data == "text" and route_of_appointment(mine.view).is_email_for_text:
        form.contact_preference.data = "email"
        form.contact_preference.description = _("You asked for text messages. We cannot send them yet, so we use email")
    return form


@blueprint.route("/<authority:authority>/appointment/<reference>/needs", methods=["GET", "POST"])
@public
def change_needs(authority: str, reference: str) -> ResponseReturnValue:
    """Other support needs. Those that decide the place or the length are only noted: the time stays as it is."""
    with own(authority, reference) as mine:
        settled = mine.settled()
        if settled is not None:
            return settled
        form = NeedsForm(data={"need": list(mine.view.support_needs), "language": mine.view.resident.language})
        if form.validate_on_submit():
            language = form.language.data or ""
            needs = needs_of(form.need.data or (), language)
            return _change(mine, Details(support_needs=needs, language=language), "change_needs", form)
        return mine.show("change_needs", form=form, back=mine.at)


def _change(mine: Own, details: Details, template: str, form: Form) -> ResponseReturnValue:
    runtime, view = mine.context.runtime, mine.view
    try:
        change_details(
            runtime,
            view.authority_id,
            view.reference,
            details,
            actor=Actor.resident(),
            seen=mine.seen,
            idempotency=mine.key(f"{template} {details}"),
        )
    except Stale:
        return mine.stale(template, form=form, back=mine.at)
    except IllegalMove as error:
        return Response(mine.show("move_refused", code=error.code, back=mine.at), status=409)
    with runtime.database.reading() as fresh:
        mark = by_reference(fresh, mine.context.catalogue, view.reference).link_mark
    if mark != view.link_mark:
        drafts.renew(flask_session, view.reference, mark, mine.context.now)
    return mine.to("changed")
