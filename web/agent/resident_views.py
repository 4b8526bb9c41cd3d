"""Finding the resident who is calling, and writing down a new one or new details."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from booking.queries.appointments import by_reference
from booking.use_cases.calls import end_call
from booking.use_cases.change_details import follow_record
from core.audit import record
from core.errors import Invalid, InvalidValue, NotFound
from core.text import clean_text, printable
from core.tokens import parse_reference
from people.residents.access_log import log_access
from people.residents.resident_repository import change_contact, find_or_create, lock_resident, resident_of
from people.residents.search_queries import Match, find_residents
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.agent import blueprint
from web.agent.call_page import show_call
from web.agent.call_request import Typed, read_state, read_typed
from web.agent.call_views import refused_note
from web.agent.forms import ResidentForm, carried_over, facts_of, seen_of
from web.agent.held_slots import call_key, call_now
from web.agent.resident_card import details_of
from web.agent.service_list import key_of
from web.agent.typed_text import resident_of_form
from web.labels import MATCH_REASONS, labels_of, wishes_of
from web.page_context import StaffContext, staff_context
from web.request_language import current_language
from web.resident.page_rendering import postcode_like

LONGEST_SEARCH = 200
MOST_SHOWN = 10
# A sole match by telephone, postcode, email or the beginning of a name; a name that only sounds alike is shown first.
SURE = 0.9
RECORD_HAS_CHANGED = _l(
    "The details have changed since you opened this page. Nothing was saved. Check them, and save again"
)


@dataclass(frozen=True)
class MatchLine:
    """A resident who may be meant, and why: `key` selects them."""

    resident_id: int
    name: str
    contacts: tuple[str, ...]
    reasons: str
    warnings: tuple[str, ...]
    key: str


@dataclass(frozen=True)
class StartPage:
    """The search for a resident, and what it found. `is_cut` means that more were found than are listed."""

    search_text: str = ""
    has_searched: bool = False
    matches: tuple[MatchLine, ...] = ()
    is_cut: bool = False
    error: str = ""

    @property
    def title(self) -> str:
        """How many were found, or what to do."""
        count = len(self.matches)
        return (
            current_language().ngettext("%(num)s found", "%(num)s found", count)
            if self.has_searched
            else _("Take a call")
        )


@dataclass(frozen=True)
class DetailsPage:
    """The form of a resident. `seen` is the stamp of what it shows of the record."""

    form: ResidentForm
    action: str
    heading: str
    back: str
    seen: str = ""
    error: str = ""


@blueprint.get("/")
@requires(Action.FIND_RESIDENT)
def start() -> ResponseReturnValue:
    """The search box, ready to type in."""
    with staff_context() as context:
        return _start_page(context, StartPage())


def _start_page(context: StaffContext, page: StartPage, status: int = 200) -> Response:
    html = render_template("agent/start.html", authority=context.authority, page=page, has_errors=bool(page.error))
    return Response(html, status=status, mimetype="text/html")


def _match_line(number: int, match: Match) -> MatchLine:
    resident = details_of(match.resident)
    return MatchLine(
        resident_id=match.resident.id,
        name=resident.name,
        contacts=tuple(contact for contact in (resident.phone, resident.postcode, resident.email) if contact),
        reasons=labels_of(MATCH_REASONS, match.why),
        warnings=wishes_of(resident),
        key=key_of(number),
    )


@blueprint.post("/find")
@requires(Action.FIND_RESIDENT)
def find() -> ResponseReturnValue:
    """Open the resident when there is no doubt who is meant; otherwise list those who may be meant.

    By POST, so that no address, history or log has names and numbers.
    """
    search_text = " ".join(printable(request.form.get("q", "")).split())[:LONGEST_SEARCH]
    with staff_context() as context:
        if not search_text:
            error = _("Type a name, telephone number, postcode, reference or email")
            return _start_page(context, StartPage(error=error), 400)
        resident_id = _of_reference(context, search_text)
        if resident_id is not None:
            return _to_call(resident_id)
        matches = find_residents(context.db, context.authority.id, search_text, limit=MOST_SHOWN + 1)
        if len(matches) == 1 and matches[0].score >= SURE:
            return _to_call(matches[0].resident.id)
        shown = matches[:MOST_SHOWN]
        _log_search(context, shown)
        lines = tuple(_match_line(number, match) for number, match in enumerate(shown, 1))
        return _start_page(context, StartPage(search_text, True, lines, len(matches) > MOST_SHOWN))


def _of_reference(context: StaffContext, text: str) -> int | None:
    """The resident whose appointment has the reference `text`, or None."""
    if parse_reference(text) is None:
        return None
    try:
        return by_reference(context.db, context.catalogue, text).resident.id
    except NotFound:
        return None


def _log_search(context: StaffContext, matches: list[Match]) -> None:
    ids = [match.resident.id for match in matches]
    with context.runtime.database.writing() as db:
        log_access(db, context.authority.id, None, context.actor, "search", context.now, residents=ids)


def _to_call(resident_id: int) -> ResponseReturnValue:
    return redirect(url_for("agent.call", resident_id=resident_id), code=303)


@blueprint.route("/new", methods=["GET", "POST"])
@requires(Action.BOOK_FOR_RESIDENT)
def new() -> ResponseReturnValue:
    """The form of a new resident, with what was typed into the search."""
    with staff_context() as context:
        search_text = printable(request.form.get("q", ""))[:LONGEST_SEARCH]
        form = ResidentForm(formdata=None, data=carried_over(search_text))
        return _new_resident_page(context, form)


def _details_page(context: StaffContext, page: DetailsPage) -> Response:
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


def _new_resident_page(context: StaffContext, form: ResidentForm) -> Response:
    page = DetailsPage(form, url_for("agent.register"), _("New resident"), url_for("agent.start"))
    return _details_page(context, page)


@blueprint.post("/register")
@requires(Action.BOOK_FOR_RESIDENT)
def register() -> ResponseReturnValue:
    """A new resident, or the one whom we have already under this name and contact; then on with the call."""
    with staff_context() as context:
        form = ResidentForm()
        form.postcode.example = postcode_like(context.catalogue)
        if not form.validate():
            return _new_resident_page(context, form)
        with context.runtime.database.writing() as db:
            resident = find_or_create(db, context.authority.id, form.person(), context.now, by_staff=True)
            record(
                db,
                context.actor,
                "resident_registered",
                ("resident", resident.id),
                authority_id=context.authority.id,
                now=context.now,
            )
        return _to_call(resident.id)


@blueprint.route("/residents/<int:resident_id>/details", methods=["GET", "POST"])
@requires(Action.BOOK_FOR_RESIDENT)
def details(resident_id: int) -> ResponseReturnValue:
    """Change the record of a resident, and show the call again in the same state."""
    with staff_context() as context:
        known = resident_of(context.db, context.authority.id, resident_id)
        back = url_for("agent.call", resident_id=resident_id)
        query = request.query_string.decode()
        back = f"{back}?{query}" if query else back
        form = ResidentForm(data=facts_of(known))
        form.postcode.example = postcode_like(context.catalogue)
        if request.form.get("seen", seen_of(known)) != seen_of(known):
            form.refuse("name", str(RECORD_HAS_CHANGED))
        elif request.method == "POST" and form.validate():
            with context.runtime.database.writing() as db:
                row = lock_resident(db, context.authority.id, resident_id)
                change_contact(db, row, form.person())
                follow_record(db, context.runtime, row, context.actor, context.now)
                record(
                    db,
                    context.actor,
                    "resident_changed",
                    ("resident", resident_id),
                    authority_id=context.authority.id,
                    now=context.now,
                )
            return redirect(back, code=303)
        heading = _("Details of %(name)s", name=known.name)
        action = request.full_path.rstrip("?")
        return _details_page(context, DetailsPage(form, action, heading, back, seen_of(known)))


@blueprint.post("/end")
@requires(Action.FIND_RESIDENT)
def end() -> ResponseReturnValue:
    """The call is over: its note is written, what was held is free again, and the search box waits for the next caller."""
    with staff_context() as context:
        resident_id = resident_of_form()
        if resident_id is not None:
            try:
                note = _last_note(read_typed(call_now(context, resident_id).typed))
                end_call(
                    context.runtime,
                    call_key(context, resident_id),
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
