"""Writing down a new resident or new details, and the end of a call."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.use_cases.caller_checks import record_check
from booking.use_cases.calls import end_call, keep_typed, open_call
from booking.use_cases.change_record import register_resident
from core.errors import Invalid
from people.residents.details import ResidentDetails, needs_asked
from people.residents.resident_repository import residents_like
from people.residents.tables import Resident
from people.staff.access_marks import requires
from people.staff.policy import Action
from web import labels
from web.agent import blueprint
from web.agent.call_page import show_call
from web.agent.call_request import Typed, cleaned, field_errors, read_search_text, read_state, read_typed
from web.agent.caller_views import to_call
from web.agent.form_result import FormResult
from web.agent.forms import ResidentForm, carried_over
from web.agent.kept_forms import (
    drop_record,
    keep_record,
    new_key,
    record_of,
    record_values,
    save_search,
    search_of,
)
from web.agent.resident_card import details_of
from web.agent.typed_text import resident_of_form
from web.components.form_fields import FieldError
from web.page_context import StaffContext, staff_context
from web.request_language import format_birth_date
from web.resident.page_rendering import postcode_like
from web.told import ToldLine


@dataclass(frozen=True)
class AlikeFact:
    """One fact of a resident whom we have, beside what was typed."""

    label: str
    known: str
    typed: str
    is_different: bool


@dataclass(frozen=True)
class AlikeLine:
    """A resident whom we have and who may be the one that is written down."""

    name: str
    facts: tuple[AlikeFact, ...]
    go_on: str


@dataclass(frozen=True)
class DetailsPage:
    """The form of a resident. `draft` is the key under which what is typed is kept until it is saved or not wanted.

    `seen` is the stamp of what it shows of the record, `was` that itself. `lines` say what has changed meanwhile, and
    `told` who is told of another way to reach them; by `calendar_action` the calendar that reads their appointments ends.
    """

    form: ResidentForm
    form_action: str
    heading: str
    drop_action: str
    draft: str
    seen: str = ""
    was: str = ""
    error: str = ""
    notice: str = ""
    lines: tuple[FieldError, ...] = ()
    alike: tuple[AlikeLine, ...] = ()
    told: tuple[ToldLine, ...] = ()
    calendar_action: str = ""


def know_council(form: ResidentForm, context: StaffContext) -> None:
    """Tell the form's fields what they need of the council."""
    form.postcode.example = postcode_like(context.catalogue)
    form.date_of_birth.today = context.today
    asked = needs_asked(context.authority.first_language, form.support_needs.data or ())
    form.support_needs.choices = [(code, labels.NEEDS[code]) for code in asked]


@blueprint.route("/new", methods=["GET", "POST"])
@requires(Action.BOOK_FOR_RESIDENT)
def new() -> ResponseReturnValue:
    """On to the form of a new resident, with what was typed into the search."""
    with staff_context() as context:
        search_text = read_search_text(request.form)
        key = save_search(context, search_text) if search_text else new_key()
        return redirect(url_for("agent.new_record", key=key), code=303)


@blueprint.get("/new/<key>")
@requires(Action.BOOK_FOR_RESIDENT)
def new_record(key: str) -> ResponseReturnValue:
    """The form of a new resident: as it was left, or with what was searched for.

    With `ask` in the address it asks whether it is one of those whom we have.
    """
    with staff_context() as context:
        kept = record_of(context, key)
        if kept is None:
            carried = carried_over(search_of(context, key), context.today)
            return _new_resident_page(context, ResidentForm(formdata=None, data=carried), key)
        form = ResidentForm(formdata=kept, meta={"csrf": False})
        know_council(form, context)
        alike: tuple[AlikeLine, ...] = ()
        if "ask" in request.args and form.validate():
            person = form.person()
            alike = tuple(_known(row, person) for row in residents_like(context.db, context.authority.id, person))
        return _new_resident_page(context, form, key, alike)


def details_page(context: StaffContext, page: DetailsPage) -> Response:
    """The form of a resident, with what is wrong with it."""
    errors = page.form.errors or page.lines
    html = render_template(
        "agent/resident.html",
        authority=context.authority,
        page=page,
        form=page.form,
        has_errors=bool(errors),
    )
    return Response(html, status=400 if errors else 200, mimetype="text/html")


def _new_resident_page(
    context: StaffContext, form: ResidentForm, key: str, alike: tuple[AlikeLine, ...] = ()
) -> Response:
    action, drop_action = url_for("agent.register"), url_for("agent.drop")
    return details_page(context, DetailsPage(form, action, _("New resident"), drop_action, key, alike=alike))


@blueprint.post("/register")
@requires(Action.BOOK_FOR_RESIDENT)
def register() -> ResponseReturnValue:
    """A new resident; when we may have them already, the agent is asked first, and nobody's record is changed."""
    if request.form.get("q", "").strip():
        return redirect(url_for("agent.find"), code=307)
    key = request.form.get("draft", "")
    with staff_context() as context:
        form = ResidentForm()
        know_council(form, context)
        if not form.validate():
            return _new_resident_page(context, form, key or new_key())
        person = form.person()
        if not request.form.get("is_somebody_else") and residents_like(context.db, context.authority.id, person):
            key = key or new_key()
            keep_record(context, key, record_values(request.form))
            return redirect(url_for("agent.new_record", key=key, ask=1), code=303)
        form_key = context.form_key("register", person)
        resident_id = register_resident(
            context.runtime, context.authority.id, person, actor=context.actor, idempotency=form_key
        )
        drop_record(context, key)
        call = context.call_with(resident_id)
        record_check(context.runtime, call, (), str(_("Their record is new")), actor=context.actor)
        return to_call(resident_id)


def _known(resident: Resident, person: ResidentDetails) -> AlikeLine:
    return alike_line(resident, person, url_for("agent.call", resident_id=resident.id))


def alike_line(resident: Resident, person: ResidentDetails, go_on: str) -> AlikeLine:
    """A resident whom we have, with what differs from what was typed; `go_on` is the address for when it is them."""
    known, pairs = details_of(resident), []
    for label, ours, typed in (
        (_("Name"), known.name, person.name),
        (_("Date of birth"), format_birth_date(known.date_of_birth), format_birth_date(person.date_of_birth)),
        (_("Telephone"), known.phone, person.phone),
        (_("Email"), known.email, person.email),
        (_("Postcode"), known.postcode, person.postcode),
    ):
        pairs.append(AlikeFact(str(label), ours, typed, is_different=ours.casefold() != typed.casefold()))
    return AlikeLine(known.name, tuple(pairs), go_on)


@blueprint.post("/end")
@requires(Action.FIND_RESIDENT)
def end() -> ResponseReturnValue:
    """The call is over: its note is written, what was held is free again, and the search box waits for the next caller."""
    with staff_context() as context:
        resident_id = resident_of_form()
        if resident_id is not None:
            try:
                _end_call(context, resident_id)
            except Invalid as error:
                result = FormResult(errors=field_errors(error), status=400)
                return show_call(context, resident_id, read_state(request.args), result)
    return redirect(url_for("agent.start"), code=303)


def _end_call(context: StaffContext, resident_id: int) -> None:
    """End the call with a note of it, and of what was written for the site and used by no booking. Raises: Invalid.

    What was written for the site on an earlier page becomes a part of the note, where it can be seen and shortened.
    """
    key = context.call_with(resident_id)
    typed = read_typed(open_call(context.runtime, key).typed)
    if typed.site_notes and "site_notes" not in request.form:
        typed = Typed(call_note=_with_site_notes(typed))
        keep_typed(context.runtime, key, {"call_note": typed.call_note, "site_notes": ""})
    note = _with_site_notes(cleaned(Typed(call_note=typed.call_note, site_notes=typed.site_notes)))
    end_call(context.runtime, key, note, channel=context.channel, actor=context.actor)


def _with_site_notes(typed: Typed) -> str:
    """The note of the call, and below it the notes for the site."""
    site_notes = typed.site_notes and str(_("Notes for the site (nothing was booked): %(text)s", text=typed.site_notes))
    return "\n".join(filter(None, [typed.call_note, site_notes]))


@blueprint.post("/leave")
@requires(Action.FIND_RESIDENT)
def leave() -> ResponseReturnValue:
    """Sign out from the screen of a call; what is typed has been kept."""
    return redirect(url_for("staff.sign_out"), code=307)
