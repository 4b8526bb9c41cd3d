"""What the agent reads out after a booking or a change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from booking.calendar.event import Papers, papers_of, remote_lines
from booking.calendar.need_lines import need_lines
from booking.documents.kept_papers import services_as_answered
from booking.queries.appointments import AppointmentView
from booking.states import CANCELLED as CANCELLED_STATES
from booking.states import State
from reminders.delivery_decisions import PENDING, SENT
from reminders.history_queries import MessageHistoryEntry, message_history
from reminders.reasons import TOLD_BY_STAFF
from reminders.recipients import CANCELLED, CONFIRMATION, RESCHEDULED
from reminders.told_since import notice_owed
from web.agent.held_slot_view import site_address
from web.agent.mandate_lines import told_warning
from web.agent.resident_page import AppointmentLine, ResidentPage
from web.labels import (
    BASES_IN_SENTENCE,
    CALL_RESULTS,
    MODES_IN_SENTENCE,
    STATES,
    STATES_IN_SENTENCE,
    Labels,
    label_of,
)
from web.message_labels import MESSAGE_OUTCOMES, message_reason
from web.message_routes import confirmation_text, paused_by, route_of_appointment
from web.request_language import current_language, format_moment
from web.spelling import spell_out

# What was done in another window already, when it is asked for again.
DONE_BEFORE: Labels = {"booked_before": _l("Booked already"), "moved_before": _l("Moved already")}
TELLS = {"moved": RESCHEDULED, "moved_before": RESCHEDULED, "cancelled": CANCELLED}  # the message by what was done

UNDONE = "put_back"


@dataclass(frozen=True, kw_only=True)
class ConfirmationPage(ResidentPage):
    """An appointment as it is read out. `operation` is what was done: booked, moved or cancelled, or empty."""

    appointment: AppointmentView
    operation: str
    history: Sequence[MessageHistoryEntry] = ()
    undo_seconds: int = 0  # for which the change can still be taken back
    refusal: str = ""  # why it could not be

    @property
    def title(self) -> str:
        """What was done, or the state of the appointment."""
        results = {**CALL_RESULTS, **DONE_BEFORE, UNDONE: _l("Undone")}
        return str(results.get(self.operation, STATES[self.appointment.state]))

    @property
    def details_query(self) -> str:
        """The query of the details, from which they lead back to what is read out."""
        return urlencode({"read_out": self.appointment.reference, "what": self.operation})

    @property
    def first_changeable(self) -> AppointmentLine | None:
        """None: single keys are for the appointment that is read out."""
        return None

    @property
    def told_warning(self) -> str:
        """To whom it is not read out, of those who booked it; empty for nobody."""
        helper = self.appointment.representative
        return told_warning(self.context, self.card.mandates, helper.name) if helper else ""

    @property
    def is_from_before(self) -> bool:
        """Whether it was done in another window already, and nothing was done now."""
        return self.operation in DONE_BEFORE

    @property
    def is_as_told(self) -> bool:
        """Whether a change was taken back, and all is as people were told before."""
        return self.operation == UNDONE and not self._notice_owed

    @cached_property
    def _notice_owed(self) -> str:
        return notice_owed(self.context.db, self.appointment.id, self.appointment.version)

    @property
    def is_booked(self) -> bool:
        """Whether the visit is still to come."""
        return self.appointment.state is State.BOOKED

    @property
    def is_cancelled(self) -> bool:
        """Whether it is cancelled, of which somebody has to be told."""
        return self.appointment.state in CANCELLED_STATES

    @property
    def state_text(self) -> str:
        """The state inside a sentence."""
        return str(STATES_IN_SENTENCE[self.appointment.state])

    @property
    def spelled_reference(self) -> str:
        """The reference in the spelling alphabet."""
        return spell_out(self.appointment.reference)

    @property
    def moment(self) -> str:
        """Day and time in full."""
        return format_moment(self.appointment.starts_at.astimezone(ZoneInfo(self.zone)))

    @property
    def place_detail(self) -> str:
        """The address of the site, or the mode when nobody goes there."""
        appointment = self.appointment
        is_in_person = appointment.mode == "in_person"
        return site_address(appointment.site) if is_in_person else label_of(MODES_IN_SENTENCE, appointment.mode)

    @property
    def remote_lines(self) -> list[str]:
        """How a video is joined, or when which number is rung."""
        return remote_lines(self.appointment, self.context.authority, current_language())

    @property
    def needs(self) -> str:
        """The support needs with how far each is arranged; empty when there are none."""
        return "; ".join(need_lines(self.appointment, current_language()))

    @property
    def papers(self) -> tuple[Papers, ...]:
        """What to bring, by service."""
        one, language = self.appointment, current_language()
        if not one.paper_answers:
            return papers_of(one.services)
        return papers_of(services_as_answered(one.services, one.paper_answers, one.local_date, language))

    @property
    def basis(self) -> str:
        """On what basis somebody acts for the resident; empty when nobody does."""
        representative = self.appointment.representative
        return label_of(BASES_IN_SENTENCE, representative.basis) if representative else ""

    @cached_property
    def notices(self) -> tuple[str, ...]:
        """What became of the messages that tell of the end of an appointment, each in a line."""
        found = (entry for entry in self.history if entry.kind == CANCELLED)
        return tuple(self._notice(entry) for entry in found)

    def _notice(self, entry: MessageHistoryEntry) -> str:
        status = str(MESSAGE_OUTCOMES[entry.outcome])
        where = self.message_text if entry.status == PENDING else self._where
        if entry.status in (PENDING, SENT) and where:
            status = str(_("%(status)s, %(where)s", status=status, where=where))
        reason = message_reason(entry.reason)
        return f"{status}. {reason}" if reason else status

    @cached_property
    def message_text(self) -> str:
        """Where the confirmation goes, and who holds it back if anybody does; empty when none can be sent."""
        if self._has_heard:
            return str(_("told by you now: nobody rings them to say it again"))
        route = route_of_appointment(self.appointment)
        usual = CANCELLED if self.appointment.state in CANCELLED_STATES else CONFIRMATION
        kind = self._notice_owed if self.operation == UNDONE else TELLS.get(self.operation, usual)
        holder = paused_by(self.context.db, route, kind or usual)
        held = [str(_("held back: paused by %(name)s", name=holder))] if holder else []
        return ", ".join(filter(None, [self._where, *held]))

    @property
    def _has_heard(self) -> bool:
        """Whether staff have told what a call would say, while they booked or moved it."""
        notices = message_history(self.context.db, self.appointment.id) if self.is_booked else []
        of_version = (one for one in notices if one.version == self.appointment.version)
        return any(one.kind in (CONFIRMATION, RESCHEDULED) and one.reason == TOLD_BY_STAFF for one in of_version)

    @property
    def _where(self) -> str:
        return confirmation_text(route_of_appointment(self.appointment))
