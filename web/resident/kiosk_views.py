"""A kiosk in the entrance of a site: who has an appointment says that they are here, who has none takes a ticket.

It shows nobody's name or list. What somebody has typed or was told is gone after 20 seconds, and the next one finds the
first page, in the council's own language. It answers only where the site has switched it on, and only in a browser in which
staff have opened the link of the waiting room: whoever sits at home neither arrives by it nor asks who is here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.queries.appointments import by_reference
from booking.queries.slots import SlotQuery, all_slots
from booking.states import State
from booking.use_cases.check_in import check_in
from booking.use_cases.take_walk_in import take_walk_in
from booking.use_cases.text_when_called import TextWish, ask_for_text
from booking.visits.kiosk_queries import reference_at, typed_reference
from booking.visits.queue_state_queries import services_today, wait_of_visit
from booking.visits.visit_queries import visit_of_appointment, visits_of_day
from booking.visits.visit_states import AT_DESK, NewWalkIn, VisitState
from core.audit import Actor
from core.errors import IdempotencyMismatch, IllegalMove, Invalid, NobodyMoreToday, NotFound, NotHereToday, Stale
from core.origin import origin_of
from core.problems import text_of_error
from core.rate_limits import SlowingLimit, check_slowing_limit
from core.tokens import is_kiosk_token
from locations.model import ServiceFacts, SiteFacts
from locations.triage.tree import Outcome
from people.staff.access_marks import public
from web.page_context import PageContext, council_context
from web.request_language import CHOICE, all_of, current_language, format_moment, format_time, languages_of
from web.resident.kiosk_clearing import CLEARED_AFTER_SECONDS, HAS_FORM
from web.resident.kiosk_forms import ArrivalForm, KioskTicketForm, kiosk_ticket_form
from web.resident.kiosk_triage import KioskTriage, keep_if_urgent, question_form, triage_at_kiosk
from web.resident.page_rendering import show
from web.resident.urls import blueprint

KIOSK_PATH = "/<authority:authority>/sites/<slug>/kiosk"
# From one address, which a kiosk has to itself: more than can stand before it, and few guesses.
ARRIVALS = SlowingLimit("90/hour", beyond="1/minute")
TICKETS = SlowingLimit("60/hour", beyond="1/minute")
MOST_TIMES = 3
OF_BROWSER = "kiosks"  # in the browser's session: the ids of the sites whose kiosk it is


@blueprint.get(KIOSK_PATH, endpoint="kiosk")
@public
def start(authority: str, slug: str) -> ResponseReturnValue:
    """With an appointment or without; with the key of the link, this browser is the kiosk from now on."""
    with council_context(authority) as context:
        site = context.catalogue.public_site(slug)
        if is_kiosk_token(context.runtime.settings.secret_keys, site.id, request.args.get("key", "")):
            session[OF_BROWSER] = sorted({*session.get(OF_BROWSER, ()), site.id})
            return redirect(_home(context, site), code=303)
        return show("kiosk", context, site=kiosk_site(context, slug))


@blueprint.route(f"{KIOSK_PATH}/appointment", methods=["GET", "POST"], endpoint="kiosk_arrive")
@public
def arrive(authority: str, slug: str) -> ResponseReturnValue:
    """Say that somebody is here, for all their appointments of this visit."""
    with council_context(authority) as context:
        site, form = kiosk_site(context, slug), ArrivalForm()
        if not form.validate_on_submit():
            if not form.errors:
                form.focus_code()
            return form_page(context, site, "kiosk_arrive", form=form)
        check_slowing_limit(context.runtime, ARRIVALS, "kiosk", site.slug, origin_of(request.remote_addr))
        try:
            reference = _reference(context, site, form)
            booked = check_in(context.runtime, context.authority.id, reference, actor=Actor.resident(), site=site.slug)
        except NotHereToday as error:
            return _elsewhere(context, site, reference, text_of_error(error, current_language()))
        except IllegalMove:
            return cleared_page(context, site, "kiosk_ask", 409, text=_("We cannot do this at this screen."))
        except NotFound:
            form.refuse("code", _("We did not find your appointment. Check what you typed, or ask a member of staff"))
            return form_page(context, site, "kiosk_arrive", form=form)
    with council_context(authority) as context:  # a new one, which reads the ticket that was just written
        visit = visit_of_appointment(context.db, context.catalogue, booked.appointment_id)
        return _to_ticket(authority, slug, visit.ticket, _text_asked(context, site, visit.id, form))


@blueprint.route(f"{KIOSK_PATH}/ticket", methods=["GET", "POST"], endpoint="kiosk_ticket")
@public
def ticket(authority: str, slug: str) -> ResponseReturnValue:
    """Give a ticket to somebody without an appointment."""
    with council_context(authority) as context:
        site = kiosk_site(context, slug)
        form: KioskTicketForm = kiosk_ticket_form(_services(context, site))
        if not form.service.choices:
            text = _("Nobody sees people without an appointment here any more today.")
            return cleared_page(context, site, "kiosk_ask", 409, text=text, is_over=True)
        if not form.validate_on_submit():
            return form_page(context, site, "kiosk_ticket", form=form)
        service = context.catalogue.service(form.service.data)
        triage = triage_at_kiosk(context, service)
        asked = _asked_first(context, site, form, triage)
        return asked or _give(context, site, form, triage)


def _text_asked(context: PageContext, site: SiteFacts, visit_id: int, form: ArrivalForm | KioskTicketForm) -> str:
    """Whether they get a text when they are called, as "yes" or "no"; empty where they asked for none."""
    number = form.text_to.data or ""
    if not number:
        return ""
    wish = TextWish(number, current_language().code)
    try:
        ask_for_text(context.runtime, context.authority.id, site.slug, visit_id, wish, actor=Actor.resident())
    except (Invalid, IllegalMove, Stale):
        return "no"
    return "yes"


def _asked_first(
    context: PageContext, site: SiteFacts, form: KioskTicketForm, triage: KioskTriage | None
) -> ResponseReturnValue | None:
    """The next question in front of what they come for, or what helps them elsewhere; None where they are to wait."""
    if triage is None:
        return None
    kept = [("service", form.service.data), ("name", form.name.data or ""), *triage.kept]
    kept += [("shows_name", "y")] if form.shows_name.data else []
    kept += [("text_to", form.text_to.data)] if form.text_to.data else []
    question, advice = triage.path.question, triage.advice()
    if question is not None:
        asked: Any = question_form(question)
        return form_page(context, site, "kiosk_question", form=asked, question=question, kept=kept)
    if advice is not None:
        return form_page(context, site, "kiosk_advice", outcome=advice, kept=kept)
    return None


def _give(
    context: PageContext, site: SiteFacts, form: KioskTicketForm, triage: KioskTriage | None
) -> ResponseReturnValue:
    """Give the ticket, and lead to its number."""
    check_slowing_limit(context.runtime, TICKETS, "kiosk tickets", site.slug, origin_of(request.remote_addr))
    name = form.name.data or ""
    is_urgent = keep_if_urgent(context, site, triage, name)
    new = NewWalkIn(name, channel="kiosk", shows_name=bool(name and form.shows_name.data))
    answers = triage.numbers if triage else {}
    key = context.form_key("kiosk", (site.slug, form.service.data, new, answers))
    new = triage.answered(new, context.now) if triage else new
    try:
        given = take_walk_in(
            context.runtime,
            context.authority.id,
            site.slug,
            form.service.data,
            new,
            actor=Actor.resident(),
            idempotency=key,
        )
    except NobodyMoreToday as error:
        text, outcome = text_of_error(error, current_language()), _urgent_outcome(triage)
        return cleared_page(context, site, "kiosk_ask", 409, text=text, outcome=outcome, is_over=True)
    except IdempotencyMismatch:
        return redirect(_home(context, site), code=303)
    keep_if_urgent(context, site, triage, name, ticket=given.number)
    text = _text_asked(context, site, given.visit_id, form)
    if is_urgent:  # with what to do meanwhile, which an address would tell whoever comes next
        with context.runtime.database.reading() as db:
            return _show_ticket(replace(context, db=db), site, given.number, _urgent_outcome(triage), text)
    return _to_ticket(context.authority.slug, site.slug, given.number, text)


def _urgent_outcome(triage: KioskTriage | None) -> Outcome | None:
    """What to do now and whom to ring, where the answers cannot wait."""
    return triage.path.outcome if triage is not None and triage.path.is_urgent else None


@blueprint.get(f"{KIOSK_PATH}/waiting/<int:number>", endpoint="kiosk_waiting")
@public
def waiting(authority: str, slug: str, number: int) -> ResponseReturnValue:
    """The number of a ticket, and how long whoever has it will probably wait."""
    with council_context(authority) as context:
        return _show_ticket(context, kiosk_site(context, slug), number, text=request.args.get("text", ""))


def _show_ticket(
    context: PageContext, site: SiteFacts, number: int, outcome: Outcome | None = None, text: str = ""
) -> ResponseReturnValue:
    """The page of the ticket, with what is to be done until it is called. Raises: NotFound."""
    visits = visits_of_day(context.db, context.catalogue, site, context.today)
    visit = next((one for one in visits if one.ticket == number), None)
    if visit is None:
        raise NotFound.because("visit_unknown")
    is_waiting = visit.state is VisitState.WAITING
    wait = wait_of_visit(context.db, context.catalogue, site, visit, context.now) if is_waiting else None
    desk = visit.desk.name if visit.desk and visit.state in AT_DESK else ""
    as_of = format_moment(context.now.astimezone(ZoneInfo(context.zone)))
    values: dict[str, Any] = {
        "number": number,
        "wait": wait,
        "desk": desk,
        "as_of": as_of,
        "outcome": outcome,
        "text": text,
    }
    return cleared_page(context, site, "kiosk_waiting", **values)


def kiosk_site(context: PageContext, slug: str) -> SiteFacts:
    """The site, if it has a kiosk, which is this browser. Raises: NotFound."""
    site = context.catalogue.public_site(slug)
    if not site.has_kiosk or site.id not in session.get(OF_BROWSER, ()):
        raise NotFound.because("site_unknown", authority=context.authority.name, key=slug)
    return site


def _services(context: PageContext, site: SiteFacts) -> list[ServiceFacts]:
    """What somebody can wait for here without an appointment."""
    return [one for one in services_today(context.catalogue, site, context.now) if "in_person" in one.modes]


def _reference(context: PageContext, site: SiteFacts, form: ArrivalForm) -> str:
    """The reference of what was typed or scanned. Raises: NotFound."""
    db, catalogue = context.db, context.catalogue
    typed, starts = (form.code.data or "").strip(), form.starts.wall_time
    if typed or starts is None:
        return typed_reference(db, catalogue, context.runtime.settings.secret_keys, typed)
    return reference_at(db, catalogue, site, context.today, surname=form.surname.data or "", starts=starts)


def _elsewhere(context: PageContext, site: SiteFacts, reference: str, text: str) -> ResponseReturnValue:
    """Where and when the appointment is, and what is free here today."""
    view, zone = by_reference(context.db, context.catalogue, reference), ZoneInfo(context.zone)
    today: list[str] = []
    if view.state is State.BOOKED and view.starts_at > context.now:
        ids = tuple(one.id for one in view.services)
        query = SlotQuery(
            ids, (site.id,), "in_person", first_date=context.today, last_date=context.today, for_public=False
        )
        free = all_slots(context.db, context.catalogue, query, context.now)
        today = list(dict.fromkeys(format_time(slot.starts_at.astimezone(zone)) for slot in free))[:MOST_TIMES]
    return cleared_page(context, site, "kiosk_elsewhere", 409, text=text, times=all_of(today) if today else "")


def form_page(context: PageContext, site: SiteFacts, template: str, **values: object) -> ResponseReturnValue:
    """A page with a form; a script clears it."""
    form = values.get("form")
    status = 400 if form is not None and getattr(form, "errors", None) else 200
    setattr(g, HAS_FORM, True)
    values |= {"home_url": _home(context, site), "seconds": CLEARED_AFTER_SECONDS}
    return Response(show(template, context, site=site, **values), status=status)


def cleared_page(context: PageContext, site: SiteFacts, template: str, status: int = 200, **values: object) -> Response:
    """A page that says something and then makes way for the next person, without script too."""
    home = _home(context, site)
    answer = Response(show(template, context, site=site, home_url=home, **values), status=status)
    answer.headers["Refresh"] = f"{CLEARED_AFTER_SECONDS}; url={home}"
    return answer


def _home(context: PageContext, site: SiteFacts) -> str:
    """The first page, in the language with which the council begins."""
    languages = languages_of(context.authority)
    address = url_for("resident.kiosk", authority=context.authority.slug, slug=site.slug)
    return f"{address}?{CHOICE}={languages[0]}" if len(languages) > 1 else address


def _to_ticket(authority: str, slug: str, number: int, text: str = "") -> ResponseReturnValue:
    address = url_for("resident.kiosk_waiting", authority=authority, slug=slug, number=number, text=text or None)
    return redirect(address, code=303)
