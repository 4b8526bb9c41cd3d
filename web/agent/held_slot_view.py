"""The slot that is held for a caller, and the fields beside it, as the page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from booking.calendar.event import Papers, papers_of
from booking.calendar.need_lines import chosen_needs, need_lines
from booking.counted import CountedService, counted_services, minutes_of
from booking.queries.unmet_needs import spoken_in_hold
from booking.slot_tokens import Counts, SlotKey, decode
from booking.use_cases.calls import CallHold
from booking.use_cases.holds import held
from core.errors import HoldExpired
from core.wall_clock import instant_of
from locations.case_numbers import example_of
from locations.model import ServiceFacts, SiteFacts
from web.agent.call_request import ANSWER, REPRESENTATIVE_FIELDS, CallState, Typed
from web.agent.choices import Option, options_of
from web.agent.papers_in_call import PapersInCall, papers_in_call
from web.agent.slot_grid import place_label
from web.labels import BASES
from web.page_context import StaffContext
from web.request_language import current_language, format_moment


@dataclass(frozen=True)
class HeldSlotView:
    """The slot that is held, or was until the hold expired; `spoken` are languages that need no interpreter there.

    `adviser` is the name of the one who is wanted, or empty for anybody.
    """

    token: str
    services: tuple[ServiceFacts, ...]
    site: SiteFacts
    mode: str
    starts_at: datetime
    until: datetime | None
    seconds_left: int
    counts: Counts = ()
    spoken: frozenset[str] = frozenset()
    adviser: str = ""

    @property
    def minutes(self) -> int:
        """How long the visit takes, without extra time."""
        return sum(minutes_of(self.services, self.counts))

    @property
    def counted(self) -> tuple[CountedService, ...]:
        """The numbers that make it longer."""
        return counted_services(self.services, self.counts)

    @property
    def is_alive(self) -> bool:
        """Whether it can still be confirmed."""
        return self.seconds_left > 0

    @property
    def service_slugs(self) -> tuple[str, ...]:
        """The slugs of its services."""
        return tuple(service.slug for service in self.services)

    @property
    def service_names(self) -> tuple[str, ...]:
        """The names of its services."""
        return tuple(service.name for service in self.services)

    @property
    def moment(self) -> str:
        """Day and time in full."""
        return format_moment(self.starts_at)

    @property
    def place(self) -> str:
        """The site, and the mode unless people go there."""
        return place_label(self.site, self.mode)

    @property
    def address(self) -> str:
        """The address of the site in one line."""
        return site_address(self.site)

    def needs_text(self, needs: Sequence[str]) -> str:
        """What is needed, in a line: a language with whoever speaks it, or with an interpreter. Empty for nothing."""
        return "; ".join(need_lines(chosen_needs(needs, "", self.spoken), current_language()))

    @property
    def papers(self) -> tuple[Papers, ...]:
        """What to bring, by service."""
        return papers_of(self.services)


def held_slot_view(context: StaffContext, hold: CallHold | None, state: CallState) -> HeldSlotView | None:
    """What is held for the resident in this call, or was until the hold expired; None when nothing is."""
    if hold is None or hold.moving != state.moving:
        return None
    try:
        until = held(context.db, context.authority.id, hold.token, context.now).expires_at
    except HoldExpired:
        return _view(context, hold, None)
    return _view(context, hold, until)


def _view(context: StaffContext, hold: CallHold, until: datetime | None) -> HeldSlotView:
    slot_key: SlotKey = decode(hold.slot_token)
    zone = ZoneInfo(context.zone)
    site = context.catalogue.site_by_id(slot_key.site_id)
    adviser = context.catalogue.resource_at(site, slot_key.adviser) if slot_key.adviser else None
    return HeldSlotView(
        token=hold.slot_token,
        services=tuple(context.catalogue.service_by_id(service_id) for service_id in slot_key.service_ids),
        site=site,
        mode=slot_key.mode,
        starts_at=instant_of(slot_key.start_unit).astimezone(zone),
        until=until.astimezone(zone) if until else None,
        seconds_left=max(0, int((until - context.now).total_seconds())) if until else 0,
        counts=slot_key.counts,
        spoken=spoken_in_hold(context.db, site, hold.token),
        adviser=adviser.name if adviser else "",
    )


@dataclass(frozen=True)
class Question:
    """A triage question with the key of its field and the answer typed so far."""

    key: str
    text: str
    answer: str


@dataclass(frozen=True)
class NumberField:
    """What a number that the visit needs is called, what it looks like, and what is typed so far, or known."""

    label: str
    example: str
    value: str


@dataclass(frozen=True)
class BookingFields:
    """The choices and questions beside a held slot; `is_open` shows the fields of who acts for the resident at once."""

    bases: tuple[Option, ...]
    questions: tuple[Question, ...]
    is_open: bool
    papers: PapersInCall | None = None
    number: NumberField | None = None

    @property
    def names(self) -> frozenset[str]:
        """The names of the fields for answers."""
        of_papers = self.papers.field_names if self.papers else frozenset()
        of_number = {"case_number"} if self.number else set()
        return of_papers | of_number | {f"{ANSWER}{question.key}" for question in self.questions}


def booking_fields(
    slot: HeldSlotView, typed: Typed, fields_with_error: frozenset[str], known_number: str = ""
) -> BookingFields:
    """The fields beside `slot` with what is typed, or with the number that is known of an invitation."""
    questions = tuple(
        Question(key, question.ask, typed.answers.get(key, ""))
        for service in slot.services
        for number, question in enumerate(service.triage_questions)
        if not question.minutes_each  # the time that is held has the number
        for key in [f"{service.slug}-{number}"]
    )
    is_open = not typed.is_self or bool(typed.rep_name) or not REPRESENTATIVE_FIELDS.isdisjoint(fields_with_error)
    papers = papers_in_call(slot.services, typed.answers, slot.starts_at.date())
    asking = next((one for one in slot.services if one.case_number), None)
    value = typed.case_number or known_number
    number = NumberField(asking.case_number, example_of(asking.case_number_form), value) if asking else None
    return BookingFields(options_of(BASES, typed.rep_basis), questions, is_open, papers, number)


def site_address(site: SiteFacts) -> str:
    """The address in one line."""
    return ", ".join(part.strip() for part in (*site.address.splitlines(), site.postcode) if part.strip())
