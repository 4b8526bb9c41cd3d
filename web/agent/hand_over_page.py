"""The pages on which a visit is handed to the right person: whom it is for, and both people side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _

from booking.queries.appointments import AppointmentView
from booking.states import State
from people.residents.details import needs_asked
from reminders.expected_queries import expected_of_hand_over
from web.agent.caller_views import MatchLine
from web.agent.resident_card import ResidentCard
from web.components.form_fields import FieldError
from web.labels import NEEDS as NEED_LABELS
from web.page_context import StaffContext
from web.request_language import all_of, format_moment, format_moment_short
from web.told import ToldLine, told_lines


@dataclass(frozen=True)
class VisitPage:
    """A visit that was booked for the wrong person, and what is wrong with the form."""

    context: StaffContext
    card: ResidentCard
    view: AppointmentView
    errors: Sequence[FieldError] = ()

    @property
    def moment(self) -> str:
        """When the visit is."""
        return format_moment(self.view.starts_at.astimezone(ZoneInfo(self.context.zone)))

    @property
    def services(self) -> str:
        """What it is for."""
        return all_of(self.view.service_names)

    @property
    def back(self) -> str:
        """The call with the person for whom it was booked."""
        return url_for("agent.call", resident_id=self.card.id)

    def address(self, view: str, **values: object) -> str:
        """The address of a view of this hand-over."""
        names = {"resident_id": self.card.id, "reference": self.view.reference}
        return url_for(f"agent.{view}", **(names | values))  # type: ignore[arg-type]


@dataclass(frozen=True)
class FindPage(VisitPage):
    """The search for the right person, and what it found."""

    search_text: str = ""
    has_searched: bool = False
    matches: tuple[MatchLine, ...] = ()

    @property
    def is_certain(self) -> bool:
        """Whether one of them is meant without doubt, and Enter takes them."""
        return any(match.is_default for match in self.matches)


@dataclass(frozen=True)
class BothFact:
    """One fact of both people."""

    label: str
    wrong: str
    right: str


@dataclass(frozen=True)
class NeedChoice:
    """A support need, and whether the visit has it."""

    code: str
    label: str
    is_checked: bool


@dataclass(frozen=True, kw_only=True)
class HandOverPage(VisitPage):
    """Both people side by side (`right` gets the visit), what is sent to whom, and the needs of the visit."""

    right: ResidentCard

    @cached_property
    def facts(self) -> tuple[BothFact, ...]:
        """What is known of either."""
        wrong, right, none = self.card, self.right, str(_("None"))
        pairs = (
            (_("Name"), wrong.resident.name, right.resident.name),
            (_("Date of birth"), wrong.born, right.born),
            (_("Telephone"), wrong.resident.phone, right.resident.phone),
            (_("Email"), wrong.resident.email, right.resident.email),
            (_("Postcode"), wrong.resident.postcode, right.resident.postcode),
            (_("Hears from us by"), wrong.preference, right.preference),
            (_("Language"), *(card.resident.language or none for card in (wrong, right))),
            (_("Needs"), *(card.needs or none for card in (wrong, right))),
            (_("Please note"), *(", ".join(card.warnings) or none for card in (wrong, right))),
        )
        known = ((label, ours, theirs) for label, ours, theirs in pairs if ours or theirs)
        unknown = _("Not known")
        return tuple(BothFact(str(label), ours or unknown, theirs or unknown) for label, ours, theirs in known)

    @cached_property
    def told(self) -> tuple[ToldLine, ...]:
        """What the right person is told, and what the one for whom it was booked."""
        about = (self.context.db, self.context.authority, self.view.id, self.right.id)
        right, wrong = expected_of_hand_over(*about, self.context.now)
        to_wrong = told_lines(wrong) if wrong else (self._nothing_sent,)
        return (*told_lines(right), *to_wrong)

    @property
    def says_nothing(self) -> bool:
        """Whether the right person gets no message: then what is read out is all that they have."""
        return not any(line.is_message for line in self.told if line.name != self.card.resident.name)

    @property
    def _nothing_sent(self) -> ToldLine:
        text = str(_("not told: nothing was sent about this visit"))
        return ToldLine(text, self.card.resident.name, is_told=False)

    @property
    def needs(self) -> tuple[NeedChoice, ...]:
        """All support needs; those of the visit are ticked."""
        needs = self.view.support_needs
        asked = needs_asked(self.context.authority.first_language, needs)
        return tuple(NeedChoice(code, str(NEED_LABELS[code]), code in needs) for code in asked)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What whoever hands it over should know of the right person's other visits. Staff may go on."""
        return tuple(self._warnings())

    def _warnings(self) -> Iterator[str]:
        booked = [view for view in self.right.upcoming if view.state is State.BOOKED]
        for other in booked:
            if other.starts_at < self.view.ends_at and self.view.starts_at < other.ends_at:
                moment = format_moment_short(other.starts_at.astimezone(ZoneInfo(self.context.zone)))
                facts = {"what": all_of(other.service_names), "moment": moment, "place": other.site.name}
                yield str(_("They have another visit at that time: %(what)s, %(moment)s, %(place)s.", **facts))
        for service in self.view.services:
            number = sum(service in other.services for other in booked)
            if number >= service.open_limit:
                facts = {"what": service.name, "num": str(number), "most": str(service.open_limit)}
                yield str(_("%(what)s: they have %(num)s booked already. Online, %(most)s is the most.", **facts))
