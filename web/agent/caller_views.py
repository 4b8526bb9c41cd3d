"""Finding the resident who is calling, by whatever they say first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.queries.appointments import by_reference
from booking.queries.open_calls import CallLine, open_calls_of
from booking.queries.references import meant_reference
from booking.queries.visits_around import VisitsAround, visits_around
from core.errors import NotFound
from people.residents.access_log import log_access
from people.residents.register_queries import on_register
from people.residents.search_queries import Match, find_residents
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.account.home import Task
from web.account.pages_found import pages_found
from web.agent import blueprint
from web.agent.call_request import as_search_text, read_search_text
from web.agent.kept_forms import UnsavedRecord, save_search, search_of, unsaved_records
from web.agent.match_labels import MATCH_REASONS
from web.agent.resident_card import details_of, marks_of
from web.agent.service_list import key_of
from web.labels import labels_of
from web.language_labels import greeting_in_both
from web.page_context import StaffContext, staff_context
from web.request_language import current_language, format_birth_date, format_day_short
from web.staff_guard import is_at_counter

MOST_SHOWN = 10


@dataclass(frozen=True)
class MatchLine:
    """A resident who may be meant, and why: `key` selects them, and Enter does when they are the default."""

    resident_id: int
    name: str
    born: str
    contacts: tuple[str, ...]
    reasons: str
    warnings: tuple[str, ...]
    key: str
    visit: str = ""
    is_default: bool = False


@dataclass(frozen=True)
class StartPage:
    """The search for a resident, and what it found. `is_cut` means that more were found than are listed."""

    search_text: str = ""
    has_searched: bool = False
    matches: tuple[MatchLine, ...] = ()
    is_cut: bool = False
    error: str = ""
    open_calls: tuple[CallLine, ...] = ()
    unsaved: tuple[UnsavedRecord, ...] = ()
    pages: tuple[Task, ...] = ()

    @property
    def title(self) -> str:
        """How many were found, or what to do."""
        count = len(self.matches)
        return (
            current_language().ngettext("%(num)s found", "%(num)s found", count)
            if self.has_searched
            else _("Serve somebody")
            if is_at_counter()
            else _("Take a call")
        )

    @property
    def is_certain(self) -> bool:
        """Whether one of them is meant without doubt, and Enter takes them."""
        return any(match.is_default for match in self.matches)


@blueprint.get("/")
@requires(Action.FIND_RESIDENT)
def start() -> ResponseReturnValue:
    """The search box, ready to type in."""
    with staff_context() as context:
        calls = open_calls_of(context.db, context.authority.id, context.staff.staff_id, context.now)
        return _start_page(context, StartPage(open_calls=tuple(calls), unsaved=unsaved_records(context)))


def _start_page(context: StaffContext, page: StartPage, status: int = 200) -> Response:
    greeting = greeting_in_both(context.authority, context.now.astimezone(ZoneInfo(context.zone)))
    html = render_template(
        "agent/start.html",
        authority=context.authority,
        page=page,
        greeting=greeting,
        has_errors=bool(page.error),
    )
    return Response(html, status=status, mimetype="text/html")


def match_lines(context: StaffContext, matches: Sequence[Match]) -> tuple[MatchLine, ...]:
    """What was found, as it is listed: why each fits, and when they come next or came last."""
    ids = [match.resident.id for match in matches]
    visits, registered = visits_around(context.db, ids, context.now), on_register(context.db, ids)
    certain = [match.resident.id for match in matches if match.is_certain]
    sole = certain[0] if len(certain) == 1 else None
    return tuple(
        replace(
            _match_line(number, match, is_registered=match.resident.id in registered),
            visit=_visit_text(visits.get(match.resident.id), context),
            is_default=match.resident.id == sole,
        )
        for number, match in enumerate(matches, 1)
    )


def _visit_text(visit: VisitsAround | None, context: StaffContext) -> str:
    """When they come next, or when they were here last."""
    at = (visit.next_at or visit.last_at) if visit else None
    if visit is None or at is None:
        return str(_("No appointment yet"))
    day = format_day_short(at.astimezone(ZoneInfo(context.zone)).date())
    return str(_("next visit %(day)s", day=day) if visit.next_at else _("last visit %(day)s", day=day))


def _match_line(number: int, match: Match, *, is_registered: bool) -> MatchLine:
    resident = details_of(match.resident)
    born = format_birth_date(resident.date_of_birth)
    return MatchLine(
        resident_id=match.resident.id,
        name=resident.name,
        born=_("born %(day)s", day=born) if born else "",
        contacts=tuple(contact for contact in (resident.phone, resident.postcode, resident.email) if contact),
        reasons=labels_of(MATCH_REASONS, match.why),
        warnings=marks_of(resident, is_registered=is_registered),
        key=key_of(number),
    )


@blueprint.post("/find")
@requires(Action.FIND_RESIDENT)
def find() -> ResponseReturnValue:
    """Open the resident when there is no doubt who is meant; otherwise list those who may be meant.

    By POST, so that no address, history or log has names and numbers. The list has an address of its own.
    """
    search_text = _search_text()
    with staff_context() as context:
        if not search_text:
            error = _("Type a name, telephone number, postcode, reference or email")
            return _start_page(context, StartPage(error=error), 400)
        resident_id = resident_of_reference(context, search_text)
        if resident_id is not None:
            return to_call(resident_id)
        matches = find_residents(context.db, context.authority.id, search_text, context.today, limit=MOST_SHOWN + 1)
        if len(matches) == 1 and matches[0].is_certain:
            return to_call(matches[0].resident.id)
        return redirect(url_for("agent.found", key=save_search(context, search_text)), code=303)


@blueprint.get("/found/<key>")
@requires(Action.FIND_RESIDENT)
def found(key: str) -> ResponseReturnValue:
    """Those who may be meant by a search that was sent a while ago; the search box when it is not known any more."""
    with staff_context() as context:
        search_text = search_of(context, key)
        if not search_text:
            return redirect(url_for("agent.start"), code=303)
        matches = find_residents(context.db, context.authority.id, search_text, context.today, limit=MOST_SHOWN + 1)
        shown = matches[:MOST_SHOWN]
        log_search(context, shown)
        lines = match_lines(context, shown)
        is_cut, pages = len(matches) > MOST_SHOWN, pages_found(context, search_text)
        return _start_page(context, StartPage(search_text, True, lines, is_cut, pages=pages))


def _search_text() -> str:
    """What is searched for: the search box, or the name and the telephone of a form that leads here."""
    form = request.form
    return read_search_text(form) or as_search_text(f"{form.get('name', '')} {form.get('phone', '')}")


def resident_of_reference(context: StaffContext, text: str) -> int | None:
    """The resident whose appointment has the reference `text`, ours or an old one, or None."""
    if meant_reference(context.db, context.authority.id, text) is None:
        return None
    try:
        return by_reference(context.db, context.catalogue, text).resident.id
    except NotFound:
        return None


def log_search(context: StaffContext, matches: Sequence[Match]) -> None:
    """Write into the access log whom a search has shown."""
    ids = [match.resident.id for match in matches]
    with context.runtime.database.writing() as db:
        log_access(db, context.authority.id, None, context.actor, "search", context.now, residents=ids)


def to_call(resident_id: int) -> ResponseReturnValue:
    """On to the call with this resident."""
    return redirect(url_for("agent.call", resident_id=resident_id), code=303)
