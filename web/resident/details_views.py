"""Other contact details and needs for an appointment, from whoever holds its link. The person's record stays as it is."""

from __future__ import annotations

from dataclasses import asdict

from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _

from booking.availability.notice import arranged_from
from booking.states import Contact
from booking.use_cases.change_details import Details, HelperContact, change_details
from core.audit import Actor
from core.errors import IllegalMove, Stale
from people.staff.access_marks import public
from reminders.recipients import LETTER, TEXT
from web.components.form_fields import Form
from web.message_routes import route_of_appointment, ways_to_choose
from web.resident import drafts
from web.resident.appointment_page import AppointmentPage, open_appointment_context
from web.resident.contact_form import ContactForm
from web.resident.forms import NeedsForm
from web.resident.reach_choices import offer_ways
from web.resident.search_state import needs_of
from web.resident.urls import blueprint


@blueprint.route("/<authority:authority>/appointment/<reference>/contact", methods=["GET", "POST"])
@public
def contact(authority: str, reference: str) -> ResponseReturnValue:
    """Other contact details for this appointment."""
    with open_appointment_context(authority, reference) as page:
        refusal = page.refuse_unless_booked()
        if refusal is not None:
            return refusal
        known, known_helper = page.contact, _helper_of(page)
        form = _contact_form(page, known, known_helper)
        if form.is_submitted():
            is_valid = form.validate()
            contact, helper = form.contact(known), form.helper_contact(known_helper)
            if form.check_reach(page.view.mode, contact, asdict(helper) if helper else {}) and is_valid:
                notes, is_neutral = form.notes.data or "", form.wants_neutral_name
                details = Details(contact, notes=notes, helper=helper, uses_neutral_name=is_neutral)
                return _change(page, details, "contact", form)
        return page.show("contact", form=form, back=page.url)


def _helper_of(page: AppointmentPage) -> HelperContact | None:
    helper = page.view.representative
    return HelperContact(helper.email, helper.phone, helper.address, helper.postcode) if helper else None


def _contact_form(page: AppointmentPage, known: Contact, helper: HelperContact | None) -> ContactForm:
    """The form with the current values, but without the address and the number; emails stand in for texts."""
    facts = {"leave_no_message": known.leave_no_message, "notes": page.view.notes}
    form = ContactForm(data={**facts, "contact_preference": known.preference})
    ways = ways_to_choose(page.view.starts_at) - ({TEXT} if page.view.resident.do_not_text else set())
    offer_ways(form, ways, is_for_other=helper is not None)
    form.describe_known(known, helper)
    form.describe_name(is_neutral=page.view.resident.uses_neutral_name)
    if form.contact_preference.data == "text" and route_of_appointment(page.view).is_email_for_text:
        form.contact_preference.data = "email"
        form.contact_preference.description = _("You asked for text messages. We cannot send them yet, so we use email")
    if form.contact_preference.data == LETTER and LETTER not in ways:
        form.contact_preference.description = _("A letter would not arrive in time. Choose another way for this one")
    return form


@blueprint.route("/<authority:authority>/appointment/<reference>/needs", methods=["GET", "POST"])
@public
def change_needs(authority: str, reference: str) -> ResponseReturnValue:
    """Other support needs. Those that decide the place or the length are only noted: the time stays as it is."""
    with open_appointment_context(authority, reference) as page:
        refusal = page.refuse_unless_booked()
        if refusal is not None:
            return refusal
        form = NeedsForm(data={"need": list(page.view.support_needs), "language": page.view.resident.language})
        form.ask_for([page.view.mode])
        if form.validate_on_submit():
            language = form.language.data or ""
            needs = needs_of(form.need.data or (), language)
            return _change(page, Details(support_needs=needs, language=language), "change_needs", form)
        is_soon = page.view.starts_at < arranged_from(page.context.authority, page.context.now)
        return page.show("change_needs", form=form, back=page.url, is_soon_for_interpreter=is_soon)


def _change(page: AppointmentPage, details: Details, template: str, form: Form) -> ResponseReturnValue:
    runtime, view = page.context.runtime, page.view
    page.count_change()
    try:
        change_details(
            runtime,
            view.authority_id,
            view.reference,
            details,
            actor=Actor.resident(),
            seen=page.seen,
            idempotency=page.form_key(f"{template} {details}"),
        )
    except Stale:
        return page.show_stale(template, form=form, back=page.url)
    except IllegalMove as error:
        return page.show_refusal(error.code)
    drafts.follow_link(page.context, view.reference)
    return page.redirect("changed")
