"""What every page with people to rebook shows: who is to be rung, everybody else by state, and the button that confirms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from flask_babel import gettext as _

from booking.queries.appointments import AppointmentView, by_reference
from booking.queries.closure_lists import MOST_SHOWN, ListedPerson, people_of
from booking.queries.open_proposals import open_proposal
from booking.queries.rebook_lists import RebookList, is_listed
from booking.rebooking import AFFECTED, TO_BE_RUNG, RebookState
from booking.ringing.ring_queries import RingingNow, ringing_of
from booking.use_cases.offers import accept_offer
from core.errors import HoldExpired, NotFound, Refused
from core.wall_clock import unit_of
from reminders.channels.registry import confirming_channels
from reminders.reach import Reach, Reached
from reminders.reach_queries import reached_on
from web.labels import REBOOK_STATES
from web.manage.closure_context import log_people
from web.manage.closure_pages import PersonRow, listed_rows, terms_text, time_key
from web.manage.told_of_offers import told_of_held, told_of_offers
from web.manage.turn_texts import turn_texts
from web.message_labels import REACHES, message_reason
from web.page_context import StaffContext
from web.request_language import format_moment_short, format_time
from web.told import heard_by


@dataclass(frozen=True)
class Section:
    """The people in one state, or of those who were offered a time, whom the offer reached in one way."""

    state: RebookState
    heading: str
    rows: Sequence[PersonRow]
    total: int
    anchor: str = ""


def sections_of(context: StaffContext, listed: RebookList, *, is_seeking: bool, **logged: object) -> dict[str, Any]:
    """The values of a page that shows the list; who looked at it is written down."""
    people = people_of(context.db, context.catalogue, listed, context.now)
    everybody = [person.appointment for some in people.values() for person in some]
    log_people(context, "closure_people", everybody, **logged)
    confirming = confirming_channels(context.runtime.settings, context.runtime.database)
    reached = reached_on(context.db, listed, confirming)
    reach_counts = Counter(one.reach for one in reached.values())
    counts = Counter(one.state for one in reached.values())
    rung_people = _by_start(people)
    turns = turn_texts([person.appointment for person in rung_people], context.now)
    ringing = Section(
        RebookState.TO_RING,
        _("To ring"),
        listed_rows(rung_people, is_seeking=is_seeking, turns=turns, told=told_of_held(context, rung_people)),
        sum(counts[state] for state in TO_BE_RUNG),
    )
    unsought = [person.appointment.id for person in people[RebookState.TO_RING] if not person.was_sought]
    rung = ringing_of(context.db, [row.appointment_id for row in ringing.rows])
    return {
        "rung": {id_: who_rings(context, one) for id_, one in rung.items() if one.until > context.now},
        "counts": {state: counts[state] for state in AFFECTED},
        "affected": len(reached),
        "has_unsought": bool(unsought),
        "told": told_of_offers(context, unsought),
        "terms": terms_text(context.authority),
        "to_ring": ringing,
        "reaches": {reach: reach_counts[reach] for reach in Reach},
        "reach_labels": REACHES,
        "others": [*_offered(people[RebookState.OFFERED], reached, reach_counts), *_answered(people, counts)],
        "states": REBOOK_STATES,
        "most": MOST_SHOWN,
        "read_at": context.now.astimezone(ZoneInfo(context.zone)),
    }


def _offered(
    people: Sequence[ListedPerson], reached: Mapping[int, Reached], counts: Mapping[Reach, int]
) -> list[Section]:
    """Those who have been offered a time and have not answered, by how far the offer has reached them."""
    sections = []
    for reach in (Reach.FAILED, Reach.SENT, Reach.WAITING, Reach.RECEIVED):
        some = [person for person in people if _reach_of(person, reached) is reach]
        heading = f"{REBOOK_STATES[RebookState.OFFERED]}. {REACHES[reach]}"
        rows = [
            replace(row, reached=message_reason(reached[row.appointment_id].reason))
            for row in listed_rows(some, is_seeking=False)
        ]
        sections.append(Section(RebookState.OFFERED, heading, rows, counts[reach], str(reach)))
    return sections


def _reach_of(person: ListedPerson, reached: Mapping[int, Reached]) -> Reach | None:
    known = reached.get(person.appointment.id)
    return known.reach if known else None


def _answered(people: Mapping[RebookState, Sequence[ListedPerson]], counts: Mapping[RebookState, int]) -> list[Section]:
    return [
        Section(state, str(REBOOK_STATES[state]), listed_rows(some, is_seeking=False), counts[state])
        for state, some in people.items()
        if state not in (*TO_BE_RUNG, RebookState.OFFERED)
    ]


def who_rings(context: StaffContext, rung: RingingNow) -> str:
    """Who has somebody to ring, and until when."""
    until = format_time(rung.until.astimezone(ZoneInfo(context.zone)))
    if rung.staff_id == context.staff.staff_id:
        return str(_("You are ringing them. Until %(time)s nobody else does.", time=until))
    return str(_("%(name)s is ringing them, until %(time)s at the latest", name=rung.name, time=until))


def listed_person(context: StaffContext, listed: RebookList, reference: str) -> AppointmentView:
    """The appointment, which must be on the list. Raises: NotFound."""
    try:
        view = by_reference(context.db, context.catalogue, reference)
    except NotFound as error:
        raise NotFound from error
    if not is_listed(context.db, listed, view.id):
        raise NotFound
    return view


def is_confirmed(view: AppointmentView) -> bool:
    """Whether the appointment has the time already that the page showed."""
    return request.form.get("proposal", "") == time_key(view.site.id, unit_of(view.starts_at))


def confirm_held_time(context: StaffContext, view: AppointmentView) -> str:
    """Move the appointment to the time that the page showed; why that could not be done, or nothing."""
    sent = request.form.get("proposal", "")
    proposal = open_proposal(context.db, context.catalogue, view.id, context.now)
    if proposal is None and is_confirmed(view):
        return ""  # pressed twice
    key = context.form_key("confirm", (view.reference, sent))
    try:
        if proposal is None or time_key(proposal.site.id, proposal.slot_key.start_unit) != sent:
            raise HoldExpired
        accept_offer(
            context.runtime,
            context.authority.id,
            view.reference,
            actor=context.actor,
            seen=request.form.get("stamp"),
            spoke_with=heard_by(view),
            idempotency=key,
        )
    except Refused:
        at = format_moment_short(view.starts_at.astimezone(ZoneInfo(view.zone)))
        facts = {"name": view.resident.name, "time": at}
        return str(_("%(name)s, %(time)s: this has changed since you opened the page. Nothing was done.", **facts))
    return ""


def confirmed_person(context: StaffContext, listed: RebookList) -> AppointmentView | None:
    """Whose new time has just been confirmed, as the address of the page says."""
    if request.args.get("done") != "confirmed":
        return None
    try:
        return listed_person(context, listed, request.args.get("person", ""))
    except NotFound:
        return None


def confirmed_text(view: AppointmentView | None) -> str:
    """That a new time is confirmed: whose, and which."""
    if view is None:
        return str(_("The new time is confirmed."))
    at = format_moment_short(view.starts_at.astimezone(ZoneInfo(view.zone)))
    facts = {"name": view.resident.name, "time": at, "place": view.site.name}
    return str(_("The new time of %(name)s is confirmed: %(time)s, %(place)s.", **facts))


def _by_start(people: Mapping[RebookState, Sequence[ListedPerson]]) -> list[ListedPerson]:
    """Those to be rung, who is due first first."""
    ringing = [person for state in TO_BE_RUNG for person in people[state]]
    return sorted(ringing, key=lambda person: (person.appointment.starts_at, person.appointment.id))
