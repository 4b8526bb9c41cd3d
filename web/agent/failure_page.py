"""Whose messages failed, as the list and the page of one person say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from booking.queries.appointments import AppointmentView, of_ids
from booking.ringing.ring_queries import RingingNow, ringing_of
from core.errors import NotFound
from people.residents.access_log import log_access
from people.residents.resident_repository import resident_of
from reminders.corrections import contact_stamp
from reminders.failure_queries import Failure, open_failures
from reminders.failure_work import MOST_AT_ONCE, can_be_rung
from reminders.failures import ContactPart
from reminders.wish_mail_queries import wish_failures
from web.agent.correction_forms import CorrectionForm, correction_form
from web.labels import label_of, labels_of
from web.message_labels import FAILURE_KINDS, MESSAGE_CHANNELS, MESSAGE_KINDS
from web.page_context import StaffContext
from web.request_language import format_time
from web.told import ToldLine

MOST_SHOWN = 300  # messages


@dataclass(frozen=True)
class FailedMessage:
    """A message that failed: which, about which appointment, why, and what became of it."""

    failure: Failure
    view: AppointmentView
    kind: str
    channel: str
    what: str
    went_by: str


@dataclass(frozen=True)
class FailedPerson:
    """Somebody whose messages failed. `view` is the soonest appointment; `taken_by` says who has them, or is empty."""

    view: AppointmentView
    messages: Sequence[FailedMessage]
    taken_by: str
    is_mine: bool
    is_to_come: bool

    @property
    def what(self) -> Sequence[str]:
        """What is wrong, each once."""
        return tuple(dict.fromkeys(f"{message.channel}: {message.what}" for message in self.messages))

    @property
    def by_part(self) -> Mapping[ContactPart, list[FailedMessage]]:
        """Their messages by the part of their contact that did not work."""
        found: dict[ContactPart, list[FailedMessage]] = {}
        for message in self.messages:
            found.setdefault(message.failure.part, []).append(message)
        return found


@dataclass(frozen=True)
class FailedWish:
    """Somebody who waits without an appointment and was not reached by email, and what is wrong."""

    wish_id: int
    name: str
    what: str


@dataclass(frozen=True)
class FailedPart:
    """A part of somebody's contact that did not work, as it is now, and what can be done about it."""

    part: ContactPart
    form: CorrectionForm
    messages: Sequence[FailedMessage]
    value: str
    whose: str
    can_be_rung: bool
    is_of_use: bool
    seen: str

    @property
    def told(self) -> list[ToldLine]:
        """Who is told when the part is corrected or taken for right."""
        again = _("what is still of use is sent again, to what stands here when you press")
        name = self.whose or self.messages[0].view.resident.name
        return [ToldLine(again if self.is_of_use else _("nothing is sent again"), name, is_told=self.is_of_use)]


def found_failures(context: StaffContext, resident_id: int | None = None) -> list[Failure]:
    """The failures that are open now, of one person or of all, one more than are shown."""
    limit = MOST_SHOWN + 1 if resident_id is None else MOST_AT_ONCE
    sites = context.served_sites
    with context.runtime.database.reading() as db:
        return open_failures(
            db, context.authority.id, context.now, site_ids=sites, limit=limit, resident_id=resident_id
        )


def failed_person(context: StaffContext, resident_id: int) -> FailedPerson:
    """The person with what failed. Raises: NotFound when nothing has."""
    people = failed_people(context, found_failures(context, resident_id))
    if not people:
        raise NotFound
    return people[0]


def failed_people(context: StaffContext, failures: Sequence[Failure]) -> list[FailedPerson]:
    """The people of these failures, in their order; that somebody looked is put into the access log."""
    ids = {one.appointment_id for one in failures}
    with context.runtime.database.reading() as db:
        views, ringing = of_ids(db, context.catalogue, ids), ringing_of(db, ids)
    by_person: dict[int, list[Failure]] = {}
    for one in failures:
        by_person.setdefault(one.resident_id, []).append(one)
    with context.runtime.database.writing() as db:
        residents = list(by_person)
        log_access(db, context.authority.id, None, context.actor, "failures", context.now, residents=residents)
    return [_person(context, found, views, ringing) for found in by_person.values()]


def failed_wishes(context: StaffContext) -> list[FailedWish]:
    """Who waits without an appointment and was not reached by email; that somebody looked is put into the access log."""
    with context.runtime.database.reading() as db:
        found = wish_failures(db, context.authority.id, site_ids=context.served_sites, limit=MOST_SHOWN)
    if found:
        with context.runtime.database.writing() as db:
            residents = [one.resident_id for one in found]
            log_access(db, context.authority.id, None, context.actor, "failures", context.now, residents=residents)
    return [FailedWish(one.wish_id, one.name, label_of(FAILURE_KINDS, one.what)) for one in found]


def failed_parts(context: StaffContext, person: FailedPerson, typed: CorrectionForm | None = None) -> list[FailedPart]:
    """What can be done about each part of their contact; `typed` is a form that was sent and cannot be used."""
    with context.runtime.database.reading() as db:
        rung = {part: can_be_rung(db, [one.failure for one in found]) for part, found in person.by_part.items()}
    return [_part(context, part, found, typed, rung[part]) for part, found in person.by_part.items()]


def known_values(context: StaffContext, person: FailedPerson, part: ContactPart) -> Mapping[str, str]:
    """This part of their contact as it is now: of whoever acts for them where messages go there."""
    view = person.by_part[part][0].view if part in person.by_part else person.view
    helper = view.representative
    if part is ContactPart.POST:
        if helper and helper.address:
            return {"address": helper.address, "postcode": helper.postcode}
        address, _line, postcode = view.resident.known_postal.rpartition("\n")
        return {"address": address, "postcode": postcode}
    return {part.value: (helper and getattr(helper, part.value)) or getattr(view.resident, part.value)}


def _person(
    context: StaffContext,
    failures: Sequence[Failure],
    views: Mapping[int, AppointmentView],
    ringing: Mapping[int, RingingNow],
) -> FailedPerson:
    of_them = [ringing[one.appointment_id] for one in failures if one.appointment_id in ringing]
    taken = next((one for one in of_them if one.until > context.now), None)
    view = views[failures[0].appointment_id]
    return FailedPerson(
        view=view,
        messages=[_message(one, views[one.appointment_id]) for one in failures],
        taken_by=_who_has(context, taken) if taken else "",
        is_mine=taken is not None and taken.staff_id == context.staff.staff_id,
        is_to_come=view.starts_at > context.now,
    )


def _stamp(context: StaffContext, messages: Sequence[FailedMessage]) -> str:
    with context.runtime.database.reading() as db:
        resident = resident_of(db, context.authority.id, messages[0].view.resident.id)
        return contact_stamp(db, resident, {one.failure.appointment_id for one in messages})


def _who_has(context: StaffContext, taken: RingingNow) -> str:
    until = format_time(taken.until.astimezone(ZoneInfo(context.zone)))
    if taken.staff_id == context.staff.staff_id:
        return str(_("You deal with this. Until %(time)s nobody else does.", time=until))
    return str(_("%(name)s deals with this, until %(time)s at the latest", name=taken.name, time=until))


def _message(failure: Failure, view: AppointmentView) -> FailedMessage:
    return FailedMessage(
        failure=failure,
        view=view,
        kind=label_of(MESSAGE_KINDS, failure.kind),
        channel=label_of(MESSAGE_CHANNELS, failure.channel),
        what=label_of(FAILURE_KINDS, failure.what),
        went_by=labels_of(MESSAGE_CHANNELS, failure.went_by),
    )


def _part(
    context: StaffContext,
    part: ContactPart,
    messages: Sequence[FailedMessage],
    typed: CorrectionForm | None,
    is_to_ring: bool,
) -> FailedPart:
    person = FailedPerson(messages[0].view, messages, "", is_mine=True, is_to_come=True)
    known, helper = known_values(context, person, part), messages[0].view.representative
    is_helper = part is not ContactPart.POST and helper is not None and bool(getattr(helper, part.value))
    return FailedPart(
        part=part,
        form=typed if typed is not None and typed.part is part else correction_form(part, known),
        messages=messages,
        value=", ".join(", ".join(value.splitlines()) for value in known.values() if value),
        whose=helper.name if helper and is_helper else "",
        can_be_rung=is_to_ring,
        is_of_use=any(one.failure.is_of_use and not one.failure.went_by for one in messages),
        seen=_stamp(context, messages),
    )
