"""Who is calling: find the resident by whatever they say first, or start a new one with what was typed."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from booking.queries.appointments import by_reference
from booking.use_cases.change_details import follow_record
from core.audit import record
from core.errors import NotFound
from core.text import printable
from core.tokens import parse_reference
from people.residents.access_log import log_access
from people.residents.identity import find_or_create
from people.residents.resident_repository import change_contact, lock_resident, resident_of
from people.residents.search_queries import Match, find_residents
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.agent.forms import ResidentForm, carried_over, facts_of, seen_of
from web.agent.held_slots import let_go
from web.agent.resident_card import warnings_of
from web.labels import MATCH_REASONS
from web.page_context import StaffContext, staff_context
from web.resident.page_rendering import postcode_like

LONGEST_SEARCH = 200
MOST_SHOWN = 10
LONGEST_ID = 18  # digits: every one of so many is an id that the databases can hold
# A sole match by telephone, postcode, email or the beginning of a name; a name that only sounds alike is shown first.
SURE = 0.9
RECORD_HAS_CHANGED = _l(
    "The details have changed since you opened this page. Nothing was saved. Check them, and save again"
)


def add_routes(blueprint: Blueprint) -> None:
    """Put this module's pages on the blueprint."""
    blueprint.add_url_rule("/", "start", start)
    blueprint.add_url_rule("/find", "find", find, methods=["POST"])
    blueprint.add_url_rule("/new", "new", new, methods=["GET", "POST"])
    blueprint.add_url_rule("/register", "register", register, methods=["POST"])
    blueprint.add_url_rule("/residents/<int:resident_id>/details", "details", details, methods=["GET", "POST"])
    blueprint.add_url_rule("/end", "end", end, methods=["POST"])


@requires(Action.FIND_RESIDENT)
def start() -> ResponseReturnValue:
    """The search box, ready to type in."""
    with staff_context() as at:
        return _start_page(at)


def _start_page(at: StaffContext, status: int = 200, **values: object) -> Response:
    values = {"wanted": "", "matches": None, "is_cut": False, "error": ""} | values
    page = render_template(
        "agent/start.html",
        authority=at.authority,
        warnings_of=warnings_of,
        match_reasons=MATCH_REASONS,
        has_errors=bool(values["error"]),
        **values,
    )
    return Response(page, status=status, mimetype="text/html")


@requires(Action.FIND_RESIDENT)
def find() -> ResponseReturnValue:
    """Straight to the resident when there is no doubt who is meant; otherwise those who may be meant.

    By POST, so that names and numbers stand in no address, history or log.
    """
    wanted = " ".join(printable(request.form.get("q", "")).split())[:LONGEST_SEARCH]
    with staff_context() as at:
        if not wanted:
            return _start_page(at, 400, error=_("Type a name, telephone number, postcode, reference or email"))
        resident_id = _of_reference(at, wanted)
        if resident_id is not None:
            return _to_call(resident_id)
        matches = find_residents(at.db, at.authority.id, wanted, limit=MOST_SHOWN + 1)
        if len(matches) == 1 and matches[0].score >= SURE:
            return _to_call(matches[0].resident.id)
        shown = matches[:MOST_SHOWN]
        _log_search(at, shown)
        return _start_page(at, wanted=wanted, matches=shown, is_cut=len(matches) > MOST_SHOWN)


def _of_reference(at: StaffContext, text: str) -> int | None:
    """The resident whose appointment has the reference `text`, or None."""
    if parse_reference(text) is None:
        return None
    try:
        return by_reference(at.db, at.catalogue, text).resident.id
    except NotFound:
        return None


def _log_search(at: StaffContext, matches: list[Match]) -> None:
    ids = [match.resident.id for match in matches]
    with at.runtime.database.writing() as db:
        log_access(db, at.authority.id, None, at.actor, "search", at.now, residents=ids)


def _to_call(resident_id: int) -> ResponseReturnValue:
    return redirect(url_for("agent.call", resident_id=resident_id), code=303)


@requires(Action.BOOK_FOR_RESIDENT)
def new() -> ResponseReturnValue:
    """The form of a new resident, with what was typed into the search."""
    with staff_context() as at:
        wanted = printable(request.form.get("q", ""))[:LONGEST_SEARCH]
        form = ResidentForm(formdata=None, data=carried_over(wanted))
        return _resident_page(at, form, url_for("agent.register"), _("New resident"), url_for("agent.start"))


def _resident_page(
    at: StaffContext, form: ResidentForm, action: str, heading: str, back: str, seen: str = ""
) -> Response:
    page = render_template(
        "agent/resident.html",
        authority=at.authority,
        form=form,
        action=action,
        heading=heading,
        back=back,
        seen=seen,
        has_errors=bool(form.errors),
    )
    return Response(page, status=400 if form.errors else 200, mimetype="text/html")


@requires(Action.BOOK_FOR_RESIDENT)
def register() -> ResponseReturnValue:
    """A new resident, or the one whom we have already under this name and contact; then on with the call."""
    with staff_context() as at:
        form = ResidentForm()
        form.postcode.example = postcode_like(at.catalogue)
        if not form.validate():
            return _resident_page(at, form, url_for("agent.register"), _("New resident"), url_for("agent.start"))
        with at.runtime.database.writing() as db:
            resident = find_or_create(db, at.authority.id, form.person(), at.now, by_staff=True)
            record(
                db,
                at.actor,
                "resident_registered",
                ("resident", resident.id),
                authority_id=at.authority.id,
                now=at.now,
            )
        return _to_call(resident.id)


@requires(Action.BOOK_FOR_RESIDENT)
def details(resident_id: int) -> ResponseReturnValue:
    """Change what is kept about a resident; the call goes on where it was."""
    with staff_context() as at:
        known = resident_of(at.db, at.authority.id, resident_id)
        back = url_for("agent.call", resident_id=resident_id)
        query = request.query_string.decode()
        back = f"{back}?{query}" if query else back
        form = ResidentForm(data=facts_of(known))
        form.postcode.example = postcode_like(at.catalogue)
        if request.form.get("seen", seen_of(known)) != seen_of(known):
            form.refuse("name", str(RECORD_HAS_CHANGED))
        elif request.method == "POST" and form.validate():
            with at.runtime.database.writing() as db:
                row = lock_resident(db, at.authority.id, resident_id)
                change_contact(db, row, form.person())
                follow_record(db, at.runtime, row, at.actor, at.now)
                record(
                    db,
                    at.actor,
                    "resident_changed",
                    ("resident", resident_id),
                    authority_id=at.authority.id,
                    now=at.now,
                )
            return redirect(back, code=303)
        heading = _("Details of %(name)s", name=known.name)
        return _resident_page(at, form, request.full_path.rstrip("?"), heading, back, seen_of(known))


@requires(Action.FIND_RESIDENT)
def end() -> ResponseReturnValue:
    """The call is over: what was held is free again, and the search box waits for the next caller."""
    with staff_context() as at:
        resident_id = request.form.get("resident", "")
        if resident_id.isdecimal() and len(resident_id) <= LONGEST_ID:
            let_go(at, int(resident_id))
    return redirect(url_for("agent.start"), code=303)
