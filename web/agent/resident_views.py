"""Writing down a new resident or new details, and the end of a call."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from booking.use_cases.calls import end_call, open_call
from booking.use_cases.change_record import change_record, register_resident
from core.errors import Invalid, InvalidValue, Stale
from core.text import clean_text, printable
from people.residents.details import ResidentDetails
from people.residents.resident_repository import record_stamp, resident_of, residents_like
from people.residents.tables import Resident
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.agent import blueprint
from web.agent.call_page import show_call
from web.agent.call_request import Typed, read_state, read_typed
from web.agent.call_views import refused_note
from web.agent.caller_views import LONGEST_SEARCH, to_call
from web.agent.forms import ResidentForm, carried_over, facts_of
from web.agent.resident_card import details_of
from web.agent.typed_text import resident_of_form
from web.page_context import StaffContext, staff_context
from web.request_language import format_birth_date
from web.resident.page_rendering import postcode_like

RECORD_HAS_CHANGED = _l(
    "The details have changed since you opened this page. Nothing was saved. Check them, and save again"
)


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
    """The form of a resident. `seen` is the stamp of what it shows of the record."""

    form: ResidentForm
    action: str
    heading: str
    back: str
    seen: str = ""
    error: str = ""
    alike: tuple[AlikeLine, ...] = ()


def know_council(form: ResidentForm, context: StaffContext) -> None:
    """Tell the form's fields what they need of the council."""
    form.postcode.example = postcode_like(context.catalogue)
    form.date_of_birth.today = context.today


@blueprint.route("/new", methods=["GET", "POST"])
@requires(Action.BOOK_FOR_RESIDENT)
def new() -> ResponseReturnValue:
    """The form of a new resident, with what was typed into the search."""
    with staff_context() as context:
        search_text = printable(request.form.get("q", ""))[:LONGEST_SEARCH]
        form = ResidentForm(formdata=None, data=carried_over(search_text, context.today))
        return _new_resident_page(context, form)


def details_page(context: StaffContext, page: DetailsPage) -> Response:
    """The form of a resident, with what is wrong with it."""
    errors = page.form.errors
    html = render_template(
        "agent/resident.html",
        authority=context.authority,
        page=page,
        form=page.form,
        back=page.back,
        has_errors=bool(errors),
    )
    return Response(html, status=400 if errors else 200, mimetype="text/html")


def _new_resident_page(context: StaffContext, form: ResidentForm, alike: tuple[AlikeLine, ...] = ()) -> Response:
    page = DetailsPage(form, url_for("agent.register"), _("New resident"), url_for("agent.start"), alike=alike)
    return details_page(context, page)


@blueprint.post("/register")
@requires(Action.BOOK_FOR_RESIDENT)
def register() -> ResponseReturnValue:
    """A new resident; when we may have them already, the agent is asked first, and nobody's record is changed."""
    with staff_context() as context:
        form = ResidentForm()
        know_council(form, context)
        if not form.validate():
            return _new_resident_page(context, form)
        person = form.person()
        alike = residents_like(context.db, context.authority.id, person)
        if alike and not request.form.get("is_somebody_else"):
            return _new_resident_page(context, form, tuple(_known(row, person) for row in alike))
        form_key = context.form_key("register", person)
        resident_id = register_resident(
            context.runtime, context.authority.id, person, actor=context.actor, idempotency=form_key
        )
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


@blueprint.route("/residents/<int:resident_id>/details", methods=["GET", "POST"])
@requires(Action.BOOK_FOR_RESIDENT)
def details(resident_id: int) -> ResponseReturnValue:
    """Change the record of a resident, and show the call again in the same state."""
    with staff_context() as context:
        known = resident_of(context.db, context.authority.id, resident_id)
        back = url_for("agent.call", resident_id=resident_id)
        query = request.query_string.decode()
        back = f"{back}?{query}" if query else back
        form, shown = ResidentForm(data=facts_of(known)), request.form.get("seen") or record_stamp(known)
        know_council(form, context)
        if request.method == "POST" and form.validate():
            try:
                change_record(
                    context.runtime,
                    context.authority.id,
                    resident_id,
                    form.person(),
                    actor=context.actor,
                    seen=request.form.get("seen"),
                )
            except Stale:
                form.refuse("name", str(RECORD_HAS_CHANGED))
                shown = record_stamp(known)
            else:
                return redirect(back, code=303)
        heading = _("Details of %(name)s", name=known.name)
        action = request.full_path.rstrip("?")
        return details_page(context, DetailsPage(form, action, heading, back, shown))


@blueprint.post("/end")
@requires(Action.FIND_RESIDENT)
def end() -> ResponseReturnValue:
    """The call is over: its note is written, what was held is free again, and the search box waits for the next caller."""
    with staff_context() as context:
        resident_id = resident_of_form()
        if resident_id is not None:
            try:
                note = _last_note(read_typed(open_call(context.runtime, context.call_with(resident_id)).typed))
                end_call(
                    context.runtime,
                    context.call_with(resident_id),
                    note,
                    channel=context.channel,
                    actor=context.actor,
                )
            except (Invalid, InvalidValue) as error:
                return show_call(context, resident_id, read_state(request.args), refused_note(error))
    return redirect(url_for("agent.start"), code=303)


def _last_note(typed: Typed) -> str:
    """The note of the call with the notes for the site that no booking has used. Raises: InvalidValue."""
    site_notes = typed.site_notes and str(_("Notes for the site (nothing was booked): %(text)s", text=typed.site_notes))
    return clean_text("\n".join(filter(None, [typed.call_note, site_notes])))


@blueprint.post("/leave")
@requires(Action.FIND_RESIDENT)
def leave() -> ResponseReturnValue:
    """Sign out from the screen of a call; what is typed has been kept."""
    return redirect(url_for("staff.sign_out"), code=307)
