"""What all pages about one resident show: the card, the appointments and the notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from booking.calendar.need_lines import need_lines
from booking.invitations.invitation_queries import InvitationView, invitations_of_resident
from booking.queries.advisers import is_known_at
from booking.queries.appointments import AppointmentView
from booking.queries.open_wishes import WishView, wishes_of_resident
from booking.queries.word_holders import has_word
from booking.states import RepresentativeView, State
from people.residents.mandate_rules import entries_for
from people.staff.policy import Action
from web.agent.call_request import CallState, Typed, Unused, code_of_representative
from web.agent.mandate_lines import MandateLine, helper_warning, mandate_lines
from web.agent.merge_page import PairLine, pairs_of
from web.agent.resident_card import ResidentCard
from web.agent.slot_grid import place_label
from web.confirmation_lines import confirmation_lines
from web.labels import BASES_IN_SENTENCE, GIVEN_BACK, MOVED_BY, NOT_NEEDED, STATES, Labels, label_of
from web.page_context import StaffContext
from web.progress_lines import latest_step
from web.request_language import all_of, current_language, format_moment_short

# What a caller is asked for, so that one knows who they are.
CALLER_FACTS: Labels = {
    "date_of_birth": _l("Date of birth"),
    "postcode": _l("Postcode"),
    "phone": _l("Telephone"),
    "email": _l("Email"),
    "appointment": _l("Reference of an appointment"),
}
FACT_KEYS = "dptmr"  # of the facts, in their order
# Why a caller may be known without being asked.
QUICK_REASONS: Labels = {"known": _l("I know them"), "rung": _l("I rang them")}
QUICK_REASON_KEYS = "yu"


@dataclass(frozen=True)
class AppointmentLine:
    """An appointment in the resident's list. `is_current` marks the one that is being moved or cancelled.

    `can_change` says that it can be moved or cancelled by whoever looks at it, `can_wait` that an earlier day is left, too.
    """

    reference: str
    stamp: str
    spoken_reference: str
    moment: str
    services: str
    site_name: str
    place: str
    state: str
    state_and_reason: str
    own_contact: str
    is_confirmed: bool
    confirmation: str
    may_confirm: bool
    may_be_urgent: bool
    is_urgent: bool
    needs: str
    is_booked: bool
    can_change: bool
    can_wait: bool
    is_current: bool


@dataclass(frozen=True)
class RepresentativeLine:
    """Somebody who acts for the resident: `code` is the value of the field `caller` that means them."""

    code: str
    name: str
    basis: str
    phone: str
    is_selected: bool
    has_no_texts: bool
    warning: str


@dataclass(frozen=True)
class CallerFact:
    """A fact that the caller is asked for: its label, what it should be, the key that ticks it, and whether it is."""

    code: str
    label: str
    value: str
    key: str
    is_ticked: bool


@dataclass(frozen=True)
class QuickReason:
    """A reason for not asking who is calling, and the key that gives it."""

    code: str
    label: str
    key: str


@dataclass(frozen=True, kw_only=True)
class ResidentPage:
    """The card of a resident, and what recurs on every page about them."""

    context: StaffContext
    card: ResidentCard
    state: CallState = field(default_factory=CallState)
    typed: Typed = field(default_factory=Typed)
    errors_by: Mapping[str, str] = field(default_factory=dict)
    is_holding: bool = False
    can_confirm: bool = False
    check_result: str = ""
    can_end_by_key: bool = False
    unused: Unused = field(default_factory=Unused)
    error: str = ""

    @property
    def search_text(self) -> str:
        """What stands in the box that searches for another resident."""
        return self.unused.search_text

    @property
    def zone(self) -> str:
        """The time zone of the council's places."""
        return self.context.zone

    def address(self, view: str, query: str = "", **values: object) -> str:
        """The address of a view of this resident, with `query` if there is any."""
        address = url_for(f"agent.{view}", resident_id=self.card.id, **values)  # type: ignore[arg-type]
        return f"{address}{'&' if '?' in address else '?'}{query}" if query else address

    @property
    def caller_facts(self) -> tuple[CallerFact, ...]:
        """What the caller can be asked for, with what we know: only what is known can be checked."""
        resident, upcoming = self.card.resident, self.upcoming
        known = {
            "date_of_birth": self.card.born,
            "postcode": resident.postcode,
            "phone": resident.phone,
            "email": resident.email,
            "appointment": upcoming[0].spoken_reference if upcoming else "",
        }
        keys = zip(known, FACT_KEYS, strict=True)
        return tuple(
            CallerFact(code, label_of(CALLER_FACTS, code), known[code], key, code in self.unused.facts)
            for code, key in keys
            if known[code]
        )

    @property
    def quick_reasons(self) -> tuple[QuickReason, ...]:
        """The reasons for not asking that one press gives."""
        keys = zip(QUICK_REASONS, QUICK_REASON_KEYS, strict=True)
        return tuple(QuickReason(code, label_of(QUICK_REASONS, code), key) for code, key in keys)

    @property
    def shows_visits(self) -> bool:
        """Whether appointments and notes are shown: once the caller was checked, or it is on record why not."""
        return bool(self.check_result)

    @cached_property
    def has_word(self) -> bool:
        """Whether they have a memorable word, which is asked for in place of facts."""
        return has_word(self.context.db, self.context.authority.id, self.card.id)

    @property
    def may_keep_register(self) -> bool:
        """Whether they may decide who is on the register of those who cannot get online."""
        return self.context.staff.may(Action.KEEP_REGISTER)

    @property
    def may_invite(self) -> bool:
        """Whether they may invite this person to pick a time."""
        return self.shows_visits and self.context.staff.may(Action.INVITE)

    @cached_property
    def invitations(self) -> Sequence[InvitationView]:
        """What the person is invited for, for whoever may invite."""
        return invitations_of_resident(self.context.db, self.context.catalogue, self.card.id) if self.may_invite else ()

    @cached_property
    def same_people(self) -> tuple[PairLine, ...]:
        """Who may be the same person, for whoever may make one record of two."""
        return pairs_of(self.context, self.card)

    @property
    def shows_adviser(self) -> bool:
        """Whether the page of their own adviser is theirs to open."""
        sites = self.context.served_sites
        return self.shows_visits and (sites is None or is_known_at(self.context.db, self.card.id, sites))

    @property
    def stay_action(self) -> str:
        """Where the form goes to keep what is typed and show the call again."""
        return self.address("stay", self.state.query)

    @property
    def details_query(self) -> str:
        """The query of the details, from which they lead back here."""
        return self.state.query

    @property
    def form_action(self) -> str:
        """Where the form goes by a button without an address of its own."""
        return self.stay_action

    @cached_property
    def upcoming(self) -> tuple[AppointmentLine, ...]:
        """The appointments that are still to come, the next one first."""
        current = (self.state.moving, self.state.cancelling)
        asked = confirmation_lines(self.context.runtime, self.context.db, self.card.upcoming, self.context.now)
        return tuple(
            _line(view, self.context, is_current=view.reference in current, confirmation=asked.get(view.id, ""))
            for view in self.card.upcoming
        )

    @property
    def first_changeable(self) -> AppointmentLine | None:
        """The next appointment that can be moved or cancelled: single keys do that."""
        return next((line for line in self.upcoming if line.can_change), None) if self.shows_visits else None

    @cached_property
    def wishes(self) -> Sequence[WishView]:
        """What they wait for on the waiting list."""
        return wishes_of_resident(self.context.db, self.context.catalogue, self.card.id, self.context.now)

    @cached_property
    def past(self) -> tuple[AppointmentLine, ...]:
        """Every appointment that is over or cancelled, the latest first."""
        return tuple(_line(view, self.context, is_current=False) for view in self.card.past)

    @cached_property
    def representatives(self) -> tuple[RepresentativeLine, ...]:
        """The people who have acted for the resident; of whom something is noted stands with that, unless chosen here."""
        lines = (self._representative(person) for person in self.card.representatives)
        return tuple(line for line in lines if line.is_selected or not entries_for(self.card.mandates, line.name))

    def _representative(self, person: RepresentativeView) -> RepresentativeLine:
        code, basis = code_of_representative(person.id), label_of(BASES_IN_SENTENCE, person.basis)
        warning, is_selected = self.helper_warning(person.name), self.typed.caller == code
        return RepresentativeLine(code, person.name, basis, person.phone, is_selected, person.do_not_text, warning)

    def helper_warning(self, name: str) -> str:
        """What to ask before somebody acts, where something is noted of them and not that they may."""
        return helper_warning(self.context, self.card.mandates, name)

    @cached_property
    def mandates(self) -> tuple[MandateLine, ...]:
        """Who may act for the resident, and who may not any more."""
        return mandate_lines(self.context, self.card.mandates)


def _line(view: AppointmentView, context: StaffContext, *, is_current: bool, confirmation: str = "") -> AppointmentLine:
    state = str(STATES[view.state])
    known = (state, str(MOVED_BY[view.moved_by]) if view.moved_by else "", latest_step(view))
    moved = ". ".join(text for text in known if text)
    why = str(GIVEN_BACK) if view.is_given_back else str(NOT_NEEDED) if view.is_not_needed else ""
    reason = view.state_reason or why
    can_change = view.state is State.BOOKED and context.serves(view.site.id)
    return AppointmentLine(
        reference=view.reference,
        stamp=view.stamp,
        spoken_reference=view.spoken_reference,
        moment=format_moment_short(view.starts_at.astimezone(ZoneInfo(context.zone))),
        services=all_of(view.service_names),
        site_name=view.site.name,
        place=place_label(view.site, view.mode),
        state=moved,
        state_and_reason=f"{moved}: {reason}" if reason else moved,
        own_contact=_own_contact(view) if view.has_own_contact else "",
        is_confirmed=view.is_confirmed and view.state is State.BOOKED,
        confirmation=confirmation,
        may_confirm=can_change and bool(confirmation),
        may_be_urgent=can_change and bool(confirmation) and not view.is_urgent,
        is_urgent=can_change and bool(confirmation) and view.is_urgent,
        needs="; ".join(need_lines(view, current_language())) if view.arrangements or view.unmet_needs else "",
        is_booked=view.state is State.BOOKED,
        can_change=can_change,
        can_wait=can_change and view.local_date > context.today,
        is_current=is_current,
    )


def _own_contact(view: AppointmentView) -> str:
    phone, email = view.resident.phone or _("no telephone"), view.resident.email or _("no email")
    return str(_("Contact for this appointment: %(phone)s, %(email)s", phone=phone, email=email))
