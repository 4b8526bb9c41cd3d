"""What a message about an appointment needs to know, for many appointments in a constant number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from booking.arrangements import needs_facts
from booking.proposals.tables import Proposal
from booking.queries.unmet_needs import unmet_by_appointment
from booking.rebooking import ProposalState
from booking.tables import Allocation, Appointment, AppointmentService, RebookItem
from booking.visits.tables import DayVisit
from locations.catalogue_queries import catalogue_by_id
from locations.model import Catalogue
from locations.own_words import Told
from people.residents.tables import FirstContact, Representative, Resident
from reminders.after_kinds import AfterVisit, ProgressNews, newest_step
from reminders.arrival_queries import has_gone_out
from reminders.confirming.confirm_facts import ConfirmFacts
from reminders.contact_columns import CONTACT_COLUMNS, PEOPLE
from reminders.delivery_decisions import PENDING, ClaimedRow, MessageFacts, ReadyMessage
from reminders.former_owner_queries import former_owners
from reminders.further_fact_queries import offered_times, text_answers
from reminders.recipients import (
    CANCELLED,
    OFFER,
    REMINDER,
    RESCHEDULED,
    SAY_THE_TIME,
    SITE_MESSAGE,
    TEXT_ANSWER,
    TO_CONFIRM,
    contacts_of,
    email_address,
    family_of,
    is_current,
    number_of,
    rules_in,
)
from reminders.site_text_queries import site_texts
from reminders.tables import Notification

_HAS_GONE_OUT = has_gone_out()
_IS_TO_REBOOK = (RebookItem.appointment_id == Appointment.id, RebookItem.closed_at.is_(None))
_AWAITS_REBOOKING = exists().where(*_IS_TO_REBOOK).label("awaits_rebooking")
_OF_VISIT = (DayVisit.done, DayVisit.next_step, DayVisit.id.label("visit_id"), DayVisit.rating_nonce)
_IS_OFFERED_ANOTHER_TIME = (
    exists()
    .where(Proposal.appointment_id == Appointment.id, Proposal.state == ProposalState.OPEN.value)
    .label("is_offered_another_time")
)
_MESSAGE_ROWS = (
    select(
        Appointment.id,
        Appointment.authority_id,
        Appointment.reference,
        Appointment.version,
        Appointment.state,
        Appointment.starts_at,
        Appointment.ends_at,
        Appointment.changed_at,
        *(Appointment.manage_nonce, Appointment.manage_digest),
        Appointment.site_id,
        Appointment.room,
        Appointment.moved_by,
        Appointment.support_needs,
        Appointment.slot_token,
        Appointment.arrangements,
        *(Appointment.paper_answers, Appointment.owner_since, Appointment.resident_id),
        (Appointment.confirmed_version == Appointment.version).label("is_confirmed"),
        *(Appointment.given_back_at, Appointment.not_needed_at, Appointment.is_urgent),
        *(Appointment.missing_before, *_OF_VISIT),
        *(FirstContact.asked_at, Appointment.progress, Appointment.tells_progress),
        (Appointment.ring_instead_version == Appointment.version).label("is_rung_instead"),
        Resident.uses_neutral_name,
        func.coalesce(Appointment.contact_language, Resident.language).label("spoken_language"),
        _AWAITS_REBOOKING,
        _IS_OFFERED_ANOTHER_TIME,
        *CONTACT_COLUMNS,
    )
    .join(Resident, Resident.id == Appointment.resident_id)
    .outerjoin(Representative, Representative.id == Appointment.representative_id)
    .outerjoin(DayVisit, DayVisit.appointment_id == Appointment.id)
    .outerjoin(
        FirstContact,
        Appointment.is_approach & (FirstContact.resident_id == Appointment.resident_id) & ~FirstContact.is_later,
    )
)


def message_facts(db: Session, appointment_ids: Iterable[int]) -> dict[int, MessageFacts]:
    """The facts of each appointment that exists, by its id: two statements, and one for each authority among them.

    Some more where there is video, for joining addresses, where one was handed over, and where another time is held.
    """
    ids = sorted(set(appointment_ids))
    rows: Sequence[Any] = db.execute(_MESSAGE_ROWS.where(Appointment.id.in_(ids))).all()
    services = _service_ids(db, ids)
    resources = _resource_ids(db, [row.id for row in rows if row.mode == "video"])
    handed_over = [row.id for row in rows if row.owner_since > 1]
    former = former_owners(db, handed_over) if handed_over else {}
    catalogues = {authority_id: catalogue_by_id(db, authority_id) for authority_id in {row[1] for row in rows}}
    rules = {id_: rules_in(db.info, known.authority.message_channels) for id_, known in catalogues.items()}
    offered = [row for row in rows if row.is_offered_another_time]
    offers = offered_times(db, offered, catalogues) if offered else {}
    asking = [row for row in rows if row.support_needs]
    unmet = unmet_by_appointment(db, asking, catalogues) if asking else {}
    return {
        row.id: _facts(
            row,
            catalogues[row.authority_id],
            services[row.id],
            resources[row.id],
            former=former.get(row.id, {}),
            **(needs_facts(row.support_needs, row.arrangements, unmet[row.id]) if row.support_needs else {}),
            offer=offers.get(row.id),
            asked_at=row.asked_at,
            mail_address=email_address(contacts_of(row), rules[row.authority_id]),
        )
        for row in rows
    }


def with_told_times(
    db: Session, rows: Sequence[ClaimedRow], facts: Mapping[int, MessageFacts]
) -> dict[int, MessageFacts]:
    """`facts` by the appointment's id, with what these `rows` need: times told before, what was said, answers to texts."""
    told = told_times(db, {row.appointment_id for row in rows if row.kind in (CANCELLED, RESCHEDULED)})
    texts = {number_of(row.kind) for row in rows if family_of(row.kind) == TEXT_ANSWER}
    answers = text_answers(db, texts) if texts else {}
    own = {number_of(row.kind) for row in rows if family_of(row.kind) == SITE_MESSAGE}
    own_texts = site_texts(db, own) if own else {}
    answer_by = {row.appointment_id: row.useful_until for row in rows if family_of(row.kind) == TO_CONFIRM}
    said = _said(db, {row.appointment_id for row in rows if family_of(row.kind) in (REMINDER, OFFER)})
    of_all = {name: value for name, value in (("answers", answers), ("site_texts", own_texts)) if value}

    def known_of(key: int, found: MessageFacts) -> dict[str, Any]:
        known: dict[str, Any] = {**of_all, "told_starts_at": told.get(key), "said": said.get((key, found.version))}
        if key in answer_by:
            known["confirming"] = replace(found.confirming, answer_by=answer_by[key])
        return {name: value for name, value in known.items() if value}

    return {key: replace(found, **known) if (known := known_of(key, found)) else found for key, found in facts.items()}


def _said(db: Session, appointment_ids: Collection[int]) -> dict[tuple[int, int], dict[str, datetime]]:
    """When messages went out, by their kinds, for each appointment and version."""
    found: defaultdict[tuple[int, int], dict[str, datetime]] = defaultdict(dict)
    if appointment_ids:
        columns = (Notification.appointment_id, Notification.version, Notification.kind, Notification.closed_at)
        sent = (Notification.appointment_id.in_(appointment_ids), _HAS_GONE_OUT)
        for appointment_id, version, kind, at in db.execute(select(*columns).where(*sent)):
            found[appointment_id, version][kind] = cast(datetime, at)
    return found


def told_times(db: Session, appointment_ids: Collection[int]) -> dict[int, datetime]:
    """The start that was told last, by the appointment's id; nothing for one of which no time was ever told.

    Of all messages of one version that say its time, the last is of use until the appointment starts: so the latest
    `useful_until` of a version is the start that they tell. What somebody read to whom it was not meant for tells nothing.
    """
    if not appointment_ids:
        return {}
    says_the_time = or_(*(Notification.kind.startswith(family) for family in SAY_THE_TIME))
    owed = (
        select(
            Notification.appointment_id,
            func.max(Notification.useful_until).label("starts_at"),
            func.max(Notification.closed_at).filter(_HAS_GONE_OUT).label("sent_at"),
        )
        .join(Appointment, Appointment.id == Notification.appointment_id)
        .where(Notification.appointment_id.in_(appointment_ids), says_the_time)
        .where(Notification.version >= Appointment.owner_since)
        .group_by(Notification.appointment_id, Notification.version)
        .order_by(Notification.appointment_id, Notification.version)
    )
    sent = [row for row in db.execute(owed) if row.sent_at is not None]
    return {row.appointment_id: row.starts_at for row in sorted(sent, key=lambda row: row.sent_at)}


def ids_beside(db: Session, rows: Sequence[ClaimedRow]) -> Sequence[int]:
    """The reminders that wait for the same channel about other appointments of the same people on the same days.

    Empty where there are none; else those of `rows` that have others are among them. `rows` are of one authority.
    """
    reminding = [row for row in rows if row.kind.startswith(REMINDER)]
    if not reminding:
        return ()
    mine, other = aliased(Appointment), aliased(Appointment)
    is_theirs = and_(other.resident_id == mine.resident_id, other.local_date == mine.local_date, other.id != mine.id)
    is_current = and_(Notification.appointment_id == other.id, Notification.version == other.version)
    found = (
        select(Notification.id)
        .join(other, is_current)
        .join(mine, is_theirs)
        .where(mine.id.in_({row.appointment_id for row in reminding}), Notification.status == PENDING)
        .where(Notification.channel == rows[0].channel, Notification.kind.startswith(REMINDER))
    )
    return db.scalars(found.distinct()).all()


class CurrentState(NamedTuple):
    """What decides, just before it is sent, whether a message is still true."""

    version: int
    state: str
    awaits_rebooking: bool
    owner_since: int = 1

    def makes_current(self, kind: str, version: int) -> bool:
        """Whether a message of this kind, owed for `version`, is still true."""
        facts = {"now_version": self.version, "owner_since": self.owner_since}
        return is_current(kind, version=version, now_state=self.state, **facts)


def current_state(db: Session, appointment_id: int) -> CurrentState:
    """The appointment's state as it is now, in one statement; version 0 of one that is not there."""
    statement = select(Appointment.version, Appointment.state, _AWAITS_REBOOKING, Appointment.owner_since)
    row = db.execute(statement.where(Appointment.id == appointment_id)).first()
    return CurrentState(*row) if row else CurrentState(0, "", awaits_rebooking=False)


def _service_ids(db: Session, ids: Sequence[int]) -> dict[int, list[int]]:
    columns = (AppointmentService.appointment_id, AppointmentService.service_id)
    statement = select(*columns).where(AppointmentService.appointment_id.in_(ids))
    found: dict[int, list[int]] = defaultdict(list)
    for appointment_id, service_id in db.execute(statement.order_by(columns[0], AppointmentService.position)):
        found[appointment_id].append(service_id)
    return found


def _resource_ids(db: Session, ids: Sequence[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    if ids:
        columns = (Allocation.appointment_id, Allocation.resource_id)
        statement = select(*columns).where(Allocation.appointment_id.in_(ids)).order_by(Allocation.id)
        for appointment_id, resource_id in db.execute(statement):
            found[cast(int, appointment_id)].append(resource_id)
    return found


def _facts(
    row: Any, catalogue: Catalogue, service_ids: list[int], resource_ids: list[int], **of_other_tables: Any
) -> MessageFacts:
    site = catalogue.site_by_id(row.site_id)
    resources = [found for resource_id in resource_ids if (found := catalogue.resource_at(site, resource_id))]
    services = [catalogue.service_by_id(service_id) for service_id in service_ids]
    former, offer = of_other_tables["former"].values(), of_other_tables["offer"]
    told = Told(services, row.uses_neutral_name or any(one.uses_neutral_name for one in former))
    of_other_tables["offer"] = replace(offer, site=told.site(offer.site)) if offer else None
    news = {"is_hidden": told.is_hidden, "is_wanted": row.tells_progress}
    return MessageFacts(
        appointment_id=row.id,
        **{name: getattr(row, name) for name in ("reference", "version", "state", "mode", "moved_by", "paper_answers")},
        confirming=ConfirmFacts(bool(row.is_confirmed), row.is_urgent, row.given_back_at is not None),
        not_needed="" if row.not_needed_at is None else "hidden" if told.is_hidden else "papers",
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        changed_at=row.changed_at,
        manage_nonce=row.manage_nonce,
        manage_digest=row.manage_digest,
        contacts=contacts_of(row),
        authority=catalogue.authority,
        site=told.site(site),
        services=told.services,
        hidden_names=told.hidden_names,
        awaits_rebooking=row.awaits_rebooking,
        join_url=site.join_url(row.mode, resources, row.room),
        is_rung_instead=bool(row.is_rung_instead),
        support_needs=tuple(row.support_needs),
        spoken_language=row.spoken_language,
        owner_since=row.owner_since,
        resident_id=row.resident_id,
        missing_before=() if told.is_hidden else tuple(row.missing_before),
        after=AfterVisit(
            row.done or "", row.next_step or "", told.is_hidden, row.visit_id or 0, row.rating_nonce or ""
        ),
        progress=newest_step(row.progress, **news) if row.progress else ProgressNews(**news),
        **of_other_tables,
    )


def is_reached_as_checked(db: Session, message: ReadyMessage) -> bool:
    """Whether the people whom the message tells are still reached as they were when it was checked."""
    told = zip(message.claimed.each, (message.facts, *message.facts.same_day), strict=True)
    return all(is_reached_alike(db, row, facts) for row, facts in told)


def is_reached_alike(db: Session, row: ClaimedRow, facts: MessageFacts) -> bool:
    """The same of one appointment that it tells."""
    people = db.execute(PEOPLE.where(Appointment.id == row.appointment_id)).one()
    return contacts_of(people) == facts.contacts and (not people.uses_neutral_name or bool(facts.hidden_names))
