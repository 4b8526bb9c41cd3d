"""The last step of a booking: everything once more, the booking itself, and what is booked."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue

from booking.queries.link_tokens import manage_path
from booking.queries.unmet_needs import spoken_in_hold
from booking.slot_tokens import decode
from booking.states import Contact
from booking.use_cases.book import Booked, Booking, book
from booking.use_cases.holds import release_hold
from core.audit import Actor
from core.contact_values import postal_of
from core.errors import HoldExpired, Invalid, LimitReached, SameTime, SlotTaken, TooFar, TooSoon
from core.origin import origin_of
from core.rate_limits import SlowingLimit, check_slowing_limit
from core.tokens import digest, mark_of_digest
from people.residents.details import Representation, ResidentDetails
from people.staff.access_marks import public
from reminders.confirming.confirm_facts import asks
from reminders.contacts import Contacts, Person
from reminders.expected_queries import NewVisit
from web.message_routes import route_of, route_of_booked
from web.page_context import PageContext, council_context
from web.paper_lines import papers_on_page
from web.request_language import language_to_keep
from web.resident import drafts
from web.resident.appointment_page import open_appointment_context
from web.resident.area_pages import rules_of, ward_unknown_page
from web.resident.drafts import BookingPage, Draft
from web.resident.forms import WhoForm
from web.resident.opened_appointments import same_day_here
from web.resident.own_adviser import known_person, not_for_them
from web.resident.page_rendering import show_search
from web.resident.reach_choices import unreachable
from web.resident.search_state import parse_search_state
from web.resident.slot_hold_views import show_alternatives, show_refusal
from web.resident.told_you import told_of_booking
from web.resident.triage_due import come_today_page, triage_due
from web.resident.triage_state import forget_given, with_answers
from web.resident.triage_urgent import note_booked
from web.resident.urls import blueprint

# Of strangers from one origin: nobody has proved that the email address is theirs.
BOOKING_LIMIT = SlowingLimit("20/day", beyond="1/10 minutes")
# What these pages show of the draft beside the time: their forms are for exactly these.
ON_WHO: tuple[str, ...] = ("helper",)
AREA_FIELD, SLOT_FIELD, NUMBER_FIELD = "postcode", "slot", "case_number"
DESPITE = {"same_time": "despite_same_time", "used_before": "despite_number"}
USED_BEFORE = "case_number_again"
ON_CHECK: tuple[str, ...] = ("person", "helper", "needs", "language", "papers", "number")


@blueprint.route("/<authority:authority>/book/<visit>/check", methods=["GET", "POST"])
@public
def check(authority: str, visit: str) -> ResponseReturnValue:
    """Everything once more; sending it books."""
    with council_context(authority) as context:
        # The second click of a double click finds the hold used up, and must still get the first one's answer.
        page = BookingPage(context, visit, "check", must_hold=request.method == "GET")
        if page.response is not None:
            return page.response
        if page.draft.missing_page:
            return redirect(page.url(page.draft.missing_page), code=303)
        if page.has_changed(*ON_CHECK):
            return show_current(context, page)
        if request.method == "POST":
            return (context.authority.triages and _triage_due(context, page.draft)) or _book(context, page)
        if is_unreachable(page):
            return redirect(_details_again(page), code=303)
        return page.show("check", **_check_values(page))


def _check_values(page: BookingPage) -> dict[str, Any]:
    return {
        "search": parse_search_state(page.draft.search_query),
        "back": page.url("details"),
        "seen": page.stamp(*ON_CHECK),
        "spoken": spoken_in_hold(page.context.db, page.visit.site, page.draft.hold),
        "route": route_of(contacts := _contacts_of_draft(page.draft, page.visit.mode), page.visit.starts_at),
        "told": told_of_booking(page.context, contacts, _visit_of(page, contacts)),
        "numbered": next((one.case_number for one in page.visit.services if one.case_number), ""),
        "same_day": same_day_here(page.context, page.visit),
        "papers": papers_on_page(page.visit.services, page.draft.papers or {}, page.visit.starts_at.date()),
    }


def is_unreachable(page: BookingPage) -> bool:
    """Whether the way of the visit needs a number or an address that nobody has given."""
    typed, helper = page.draft.person, page.draft.helper or {}
    contact = Contact(
        typed["email"], typed["phone"], typed["contact_preference"], leave_no_message=False, postal=_postal_of(typed)
    )
    return unreachable(page.visit.mode, contact, helper) is not None


def show_current(context: PageContext, page: BookingPage) -> ResponseReturnValue:
    """The current page of the booking, for somebody whose page showed something else."""
    current = BookingPage(context, page.draft.visit)
    if current.response is not None:
        return current.response
    if not current.draft.missing_page:
        return current.show_changed("check", **_check_values(current))
    form, back = WhoForm(formdata=None), times_before(context, current.draft)
    return current.show_changed("who", form=form, back=back, seen=current.stamp(*ON_WHO))


def times_before(context: PageContext, draft: Draft) -> str:
    """The page from which the draft's time was taken: what to do today, where the answers to a triage led there."""
    search = parse_search_state(draft.search_query)
    today = come_today_page(context, search) if context.authority.triages else ""
    return today or f"{context.base}/times?{draft.search_query}"


def _triage_due(context: PageContext, draft: Draft) -> ResponseReturnValue | None:
    """The way to the triage, where the draft's time is not for whoever answered so meanwhile."""
    return triage_due(context, parse_search_state(draft.search_query), decode(draft.slot_token))


def _book(context: PageContext, page: BookingPage) -> ResponseReturnValue:
    draft = page.draft
    booking = _booking_of(context.authority.id, draft, language_to_keep(), _known_resident(context, draft))
    if context.authority.triages:
        booking = with_answers(context, draft.visit, booking)
    idempotency = context.form_key("book", booking, request.form.get("idempotency_key") or draft.key)
    check_slowing_limit(context.runtime, BOOKING_LIMIT, "book", origin_of(request.remote_addr))
    try:
        booked = book(context.runtime, booking, actor=Actor.resident(), idempotency=idempotency)
    except HoldExpired:
        return page.show_expired()
    except SlotTaken:  # shut since it was held: the hold is of no use to anybody
        release_hold(context.runtime, context.authority.id, draft.hold)
        return show_alternatives(context, draft, decode(draft.slot_token))
    except SameTime:
        return _show_again(context, page, same_time=True)
    except Invalid as error:
        return _refused(context, page, error)
    except (LimitReached, TooSoon, TooFar) as error:
        return show_refusal(context, error, draft)
    keep_booked(context, draft.visit, booked)
    return redirect(page.url("done"), code=303)


def _refused(context: PageContext, page: BookingPage, error: Invalid) -> ResponseReturnValue:
    """The page on which what is wrong can be put right."""
    if NUMBER_FIELD in error.errors:
        is_used = error.errors[NUMBER_FIELD][0].code == USED_BEFORE
        again = _show_again(context, page, used_before=True) if is_used else None
        return again or redirect(f"{page.url('number')}?refused=number", code=303)
    if SLOT_FIELD in error.errors:  # with an adviser whom whoever it is for does not have, or must keep
        search = parse_search_state(page.draft.search_query)
        is_for_others = error.errors[SLOT_FIELD][0].code == "named_adviser_only"
        page_of_rule = (
            not_for_them(context, search) if is_for_others else show_search("adviser_refused", context, search)
        )
        return Response(page_of_rule.data, status=409)
    if AREA_FIELD in error.errors:  # another postcode than the one that was asked for before
        rules, search = rules_of(page.visit.services), parse_search_state(page.draft.search_query)
        if error.errors[AREA_FIELD][0].code == "ward_unknown":
            return Response(ward_unknown_page(context, search, rules).data, status=422)
        return Response(show_search("not_this_service", context, search, wrong=rules).data, status=422)
    # the way was changed after the details were given: it needs a number, or an address
    return redirect(_details_again(page), code=303)


def keep_booked(context: PageContext, visit: str, booked: Booked) -> None:
    """Let this browser see what was booked, and the staff whose urgent answers it follows from, if there were any."""
    if context.authority.triages:
        note_booked(context, visit, booked.appointment_id)
    drafts.record_booking(context, visit, booked.reference)
    link_mark = mark_of_digest(digest(booked.manage_url_path.rpartition("/")[2]))
    drafts.open_appointment(context, booked.reference, link_mark)


def _show_again(context: PageContext, page: BookingPage, **why: bool) -> ResponseReturnValue:
    """The answers once more, with a warning of another appointment (then, or with this number), and a button that books
    all the same. What was said to an earlier warning holds.
    """
    why |= {name: True for name, field in DESPITE.items() if request.form.get(field)}
    current = BookingPage(context, page.draft.visit, "check")
    if current.response is not None:
        return current.response
    return Response(current.show("check", **why, **_check_values(current)), status=409)


def _details_again(page: BookingPage) -> str:
    """The page of details, which says what is missing."""
    return f"{page.url('details')}?missing=contact"


def _known_resident(context: PageContext, draft: Draft) -> int | None:
    """Whose link the search of the draft came from, where it came from one that this browser opened."""
    if "known=" not in draft.search_query:
        return None
    person = known_person(context, parse_search_state(draft.search_query))
    return person.resident_id if person else None


def _booking_of(authority_id: int, draft: Draft, message_language: str, known_resident: int | None) -> Booking:
    """The booking that the draft describes; we write in `message_language`, a code."""
    typed, helper = draft.person, draft.helper
    return Booking(
        authority_id=authority_id,
        channel="online",
        hold=draft.hold,
        resident=person_of_draft(draft, message_language),
        representative=Representation(**helper) if helper else None,
        support_needs=draft.needs,
        notes=typed["notes"],
        despite_same_time=bool(request.form.get("despite_same_time")),
        known_resident=known_resident,
        paper_answers=draft.papers or {},
        case_number=draft.number,
        despite_number=bool(request.form.get("despite_number")),
    )


def person_of_draft(draft: Draft, message_language: str) -> ResidentDetails:
    """The person whom the draft describes."""
    typed = draft.person
    return ResidentDetails(
        name=typed["name"],
        email=typed["email"],
        phone=typed["phone"],
        postcode=typed["postcode"],
        language=draft.language,
        support_needs=draft.needs,
        address=typed.get("address", ""),
        contact_preference=typed["contact_preference"],
        leave_no_message=bool(typed["leave_no_message"]),
        uses_neutral_name=bool(typed.get("neutral")),
        message_language=message_language,
    )


def _postal_of(typed: dict[str, Any]) -> str:
    """Where a letter to somebody with these details arrives."""
    return postal_of(typed.get("address", ""), typed.get("postcode", ""))


def _contacts_of_draft(draft: Draft, mode: str) -> Contacts:
    """Where the messages about the booking go; `mode` is that of the visit."""
    typed, helper = draft.person, draft.helper
    return Contacts(
        resident=Person(typed["name"], typed["email"], typed["phone"], _postal_of(typed)),
        representative=Person(helper["name"], helper["email"], helper["phone"], _postal_of(helper)) if helper else None,
        preference=typed["contact_preference"],
        leave_no_message=bool(typed["leave_no_message"]),
        language=language_to_keep(),
        mode=mode,
    )


def _visit_of(page: BookingPage, contacts: Contacts) -> NewVisit:
    """The visit that the page is about to book."""
    visit = page.visit
    return NewVisit(visit.services[0], visit.starts_at, visit.mode, contacts.representative)


@blueprint.get("/<authority:authority>/book/<visit>/done")
@public
def done(authority: str, visit: str) -> ResponseReturnValue:
    """Booked: the reference, what to bring, how to get there, how to change it."""
    with council_context(authority) as context:
        reference = drafts.reference_of(context, visit)
        if reference is None:
            return redirect(f"{context.base}/find", code=303)
        if context.authority.triages:
            forget_given(context, visit)
    with open_appointment_context(authority, reference) as page:
        if not page.is_booked:  # cancelled since, or over
            return redirect(page.url, code=303)
        route = route_of_booked(page.context.db, page.view)
        return page.show(
            "done",
            link=manage_path(page.context.db, page.context.runtime.settings.secret_keys, page.view),
            route=route,
            own_adviser=page.own_adviser,
            papers=page.papers,
            is_asked_to_confirm=asks(page.view.services) and page.view.representative is None,
        )
