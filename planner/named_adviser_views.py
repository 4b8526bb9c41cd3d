"""The advisers who are named for a resident: who they are, until when, and the link that finds times with them."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired, InputRequired

from booking.queries.advisers import (
    KnownAdviser,
    is_known_at,
    is_of_others,
    links_of,
    named_advisers,
    named_stamp,
    offered_advisers,
)
from booking.use_cases.named_advisers import NewNamedAdviser, end_named_adviser, name_adviser
from core.errors import Invalid, NotFound, Stale
from core.problems import joined_texts
from people.residents.access_log import log_access
from people.residents.resident_repository import resident_of
from people.residents.tables import Resident
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.agent.caller_adviser import adviser_text
from web.agent.message_views import blueprint
from web.components.form_fields import Dropdown, Form
from web.components.moment_fields import DayField
from web.page_context import StaffContext, staff_context
from web.request_language import current_language, format_day

PATH = "/staff/residents/<int:resident_id>/advisers"
A_YEAR = timedelta(days=365)
SAID: dict[str, LazyString] = {
    "named": _l("The adviser is named."),
    "ended": _l("They have no named adviser for that any more. The link does not work any more."),
}


class NamedAdviserForm(Form):
    """Who, for what, until when."""

    service = Dropdown(_l("For which service?"), validators=[InputRequired(_l("Choose a service"))])
    adviser = Dropdown(_l("Who is their adviser?"), validators=[InputRequired(_l("Choose an adviser"))])
    until = DayField(
        _l("Until which day?"),
        description=_l("That day included. After it, what counts is whom they saw last"),
        validators=[DataRequired(_l("Enter the day until which it counts"))],
    )


@blueprint.get(PATH)
@requires(Action.BOOK_FOR_RESIDENT)
def resident_advisers(resident_id: int) -> ResponseReturnValue:
    """Who is named, and the form to name somebody."""
    with staff_context() as context:
        return _page(context, resident_id, _new_form(context))


@blueprint.post(PATH)
@requires(Action.BOOK_FOR_RESIDENT)
def name_resident_adviser(resident_id: int) -> ResponseReturnValue:
    """Name an adviser, in place of the one before for the same service."""
    with staff_context() as context:
        _whom(context, resident_id)
        form = _form(context)
        if not form.validate() or form.until.day is None:
            return Response(_page(context, resident_id, form), status=400)
        new = NewNamedAdviser(form.service.data, int(form.adviser.data), form.until.day)
        try:
            seen = request.form.get("seen", "")
            whose = (context.runtime, context.authority.id, resident_id)
            name_adviser(*whose, new, actor=context.actor, seen=seen, served=context.served_sites)
        except Stale:
            return _changed(resident_id, form)
        except Invalid as error:
            form.refuse(next(iter(error.errors)), joined_texts(error, current_language()))
            return Response(_page(context, resident_id, form), status=400)
    return redirect(url_for("messages.resident_advisers", resident_id=resident_id, said="named"), code=303)


@blueprint.post(f"{PATH}/<int:service_id>/end")
@requires(Action.BOOK_FOR_RESIDENT)
def end_resident_adviser(resident_id: int, service_id: int) -> ResponseReturnValue:
    """They have no named adviser for this service any more."""
    with staff_context() as context:
        _whom(context, resident_id)
        seen = request.form.get("seen", "")
        whose = (context.runtime, context.authority.id, resident_id, service_id)
        try:
            end_named_adviser(*whose, actor=context.actor, seen=seen, served=context.served_sites)
        except Stale:
            return _changed(resident_id, _new_form(context))
        except Invalid as error:
            form = _new_form(context)
            form.refuse("service", joined_texts(error, current_language()))
            return Response(_page(context, resident_id, form), status=400)
    return redirect(url_for("messages.resident_advisers", resident_id=resident_id, said="ended"), code=303)


def _changed(resident_id: int, form: NamedAdviserForm) -> Response:
    """The page as it is now, with what was typed: a colleague was quicker."""
    with staff_context() as context:
        return Response(_page(context, resident_id, form, has_changed=True), status=409)


def _whom(context: StaffContext, resident_id: int) -> Resident:
    """The resident; who works for some sites alone sees whoever comes to these. Raises: NotFound."""
    resident = resident_of(context.db, context.authority.id, resident_id)
    if context.served_sites is not None and not is_known_at(context.db, resident_id, context.served_sites):
        raise NotFound
    return resident


def _new_form(context: StaffContext) -> NamedAdviserForm:
    return _form(context, formdata=None, data={"until": (context.today + A_YEAR).isoformat()})


def _form(context: StaffContext, **given: Any) -> NamedAdviserForm:
    form, offered = NamedAdviserForm(**given), offered_advisers(context.catalogue, context.today)
    places: dict[int, list[str]] = {}
    for site in context.catalogue.sites:
        for one in site.resources if context.serves(site.id) else ():
            places.setdefault(one.id, []).append(site.name)
    here = {service: [one for one in advisers if one.id in places] for service, advisers in offered.items()}
    form.service.choices = [("", ""), *((service.slug, service.name) for service, advisers in here.items() if advisers)]
    people = {one.id: one.name for advisers in here.values() for one in advisers}
    labels = {id_: f"{name}, {', '.join(places[id_])}" for id_, name in people.items()}
    by_name = sorted(labels.items(), key=lambda one: (one[1], one[0]))
    form.adviser.choices = [("", ""), *((str(id_), label) for id_, label in by_name)]
    return form


def _page(context: StaffContext, resident_id: int, form: NamedAdviserForm, *, has_changed: bool = False) -> str:
    resident = _whom(context, resident_id)
    with context.runtime.database.writing() as db:
        log_access(db, context.authority.id, resident_id, context.actor, "advisers", context.now)
    known = named_advisers(context.db, context.catalogue, [resident_id], context.today)
    settings = context.runtime.settings
    tokens = links_of(context.db, resident_id, settings.secret_keys)
    base = f"{settings.public_url}/{context.authority.slug}/adviser"
    return render_template(
        "staff/named_advisers.html",
        resident=resident,
        form=form,
        named=[(one, _text(context, one), f"{base}/{tokens[one.service.id]}", _may_end(context, one)) for one in known],
        seen=named_stamp(context.db, resident_id),
        has_changed=has_changed,
        can_name=len(form.service.choices) > 1,
        said=SAID.get(request.args.get("said", "")),
        has_errors=bool(form.errors),
    )


def _may_end(context: StaffContext, known: KnownAdviser) -> bool:
    return not is_of_others(context.catalogue, known.resource_id, context.served_sites)


def _text(context: StaffContext, known: KnownAdviser) -> str:
    """Who it is until when; and that the service is given no more, where it is not."""
    ending = known.service.ending
    if ending is None or not ending.is_over(context.today):
        return adviser_text(known)
    facts = {"name": known.name, "service": known.service.name, "day": format_day(ending.closed_from)}
    text = _("%(name)s was their adviser. %(service)s is not given any more since %(day)s: end it.", **facts)
    return str(text)
