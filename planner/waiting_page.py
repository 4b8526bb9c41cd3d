"""Somebody who waits for an earlier time, as the pages of staff show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from booking.events import RESIDENT
from booking.proposals.wish_rules import PassedOver, WishState
from booking.queries.appointments import AppointmentView, of_ids
from booking.queries.open_wishes import WishView
from booking.queries.waiting_tasks import WaitingPerson, WaitingTask
from booking.rebooking import ProposalState
from core.tokens import spoken_reference
from planner.told_of_wishes import told_of_taking
from web.components.wish_fields import wish_lines
from web.labels import CONTACT_WISHES_IN_SENTENCE, ContactLine, Labels, phone_of, wishes_of
from web.page_context import StaffContext
from web.told import ToldLine, heard_by

SAID: Mapping[str, LazyString] = {
    "waiting": _l("They are on the waiting list."),
    "left": _l("The time is free for others. They go on waiting."),
    "told": _l("Recorded: you have told them how it stands."),
    "stopped": _l("They wait no longer."),
    "gone": _l("Nothing was changed: that time is gone."),
    "same_time": _l("Nothing was changed: they have another appointment at that time."),
}
WISH_STATES: Labels = {
    WishState.OPEN: _l("Waits"),
    WishState.PAUSED: _l("Paused: three offers were not answered"),
    WishState.MET: _l("Has an earlier time"),
    WishState.WITHDRAWN: _l("Waits no longer"),
    WishState.OVER: _l("Over: nothing came up in time"),
}
PROPOSAL_STATES: Labels = {
    ProposalState.OPEN: _l("Offered, and held for them"),
    ProposalState.ACCEPTED: _l("They took it"),
    ProposalState.DECLINED: _l("They left it"),
    ProposalState.TAKEN: _l("Offered to several at once, and somebody else was quicker"),
    ProposalState.ENDED: _l("Not answered in time"),
}
PASSED_OVER: Labels = {
    PassedOver.PAUSED: _l("Went to somebody else: three offers were not answered"),
    PassedOver.HAS_OFFER: _l("Went to somebody else: another time was held for them"),
    PassedOver.TO_REBOOK: _l("Went to somebody else: a closure touches their appointment"),
    PassedOver.OTHER_TIMES: _l("Went to somebody else: it is not when or where they want to come"),
    PassedOver.TOO_LATE: _l("Went to somebody else: it is later than they want to wait"),
    PassedOver.OTHER_PLACES: _l("Went to somebody else: it is not at a place that suits them"),
    PassedOver.OTHER_DAYS: _l("Went to somebody else: it is not on a day that suits them"),
    PassedOver.OTHER_HOURS: _l("Went to somebody else: it is not at a time of day that suits them"),
    PassedOver.OTHER_NEEDS: _l("Went to somebody else: it does not meet what they need"),
    PassedOver.OTHER_ADVISER: _l("Went to somebody else: it is not with the adviser to whom they come"),
    PassedOver.UNREACHABLE: _l("Went to somebody else: we cannot reach them by telephone or video"),
    PassedOver.OFFERED_BEFORE: _l("Went to somebody else: it was offered to them before"),
}


@dataclass(frozen=True)
class Line:
    """Somebody who waits: whom to ring, for what, since when, and what is held for them. Instants are in UTC.

    `told` is who is told when they take that.
    """

    wish: WishView
    task: WaitingTask
    resident_id: int
    name: str
    email: str
    phone: ContactLine
    services: tuple[str, ...]
    reference: str
    spoken_reference: str
    own_time: datetime | None
    facts: Sequence[tuple[str, str]]
    told: tuple[ToldLine, ...] = ()

    def days_waited(self, now: datetime) -> int:
        """For how many days they have waited."""
        return (now - self.wish.asked_at).days

    @property
    def answer_by(self) -> datetime | None:
        """Until when a time is held."""
        return self.wish.proposal.answer_by if self.wish.proposal else None

    @property
    def is_open(self) -> bool:
        """Whether they still wait."""
        return self.wish.is_open

    @property
    def state(self) -> LazyString:
        """How it stands, in words."""
        return WISH_STATES[self.wish.state]


def lines_of(context: StaffContext, people: Sequence[WaitingPerson]) -> list[Line]:
    """The lines about these people."""
    ids = [one.appointment.id for one in people if one.appointment]
    views = of_ids(context.db, context.catalogue, ids) if ids else {}
    return [_line_of(context, one, views[one.appointment.id] if one.appointment else None) for one in people]


def _line_of(context: StaffContext, person: WaitingPerson, view: AppointmentView | None) -> Line:
    """The line about this person; about an appointment the number is that of whoever is rung about it."""
    row, resident = person.appointment, person.resident
    site = context.catalogue.site_by_id(row.site_id) if row else None
    wishes = wishes_of(resident, CONTACT_WISHES_IN_SENTENCE) if resident.phone else ()
    return Line(
        wish=person.wish,
        task=person.task,
        resident_id=resident.id,
        name=resident.name,
        email=resident.email,
        phone=phone_of(view) if view else ContactLine(resident.phone, wishes),
        services=tuple(service.name for service in person.wish.services),
        reference=row.reference if row else "",
        spoken_reference=spoken_reference(row.reference) if row else "",
        own_time=row.starts_at if row else None,
        facts=wish_lines(person.wish, site),
        told=told_of_taking(context, person, heard_by(view) if view else RESIDENT),
    )
