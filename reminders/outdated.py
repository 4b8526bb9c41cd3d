"""Messages that are owed and not true any more, which are voided, or that go by another channel since."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.events import AppointmentChange, PlanningFacts
from booking.tables import Appointment, HandOver
from core.database import connection_of, table_of
from reminders.arrival_queries import may_have_arrived
from reminders.contacts import Contacts
from reminders.costs.kinds_off import is_off
from reminders.delivery_decisions import FAILED, PENDING, VOID, WITHHELD
from reminders.due_times import (
    Owed,
    PlanningInput,
    Way,
    owed_going_ahead,
    owed_gone,
    owed_offer,
    owed_pause,
    owed_word_to_missing,
)
from reminders.passed_on import pass_on
from reminders.posting import POSTED, before_the_post, way_of
from reminders.reasons import (
    NEEDS_FORMAT,
    NO_ADDRESS,
    NO_CONTACT_WANTED,
    OTHER_CHANNEL,
    PREFERS_LETTERS,
    RUNG_INSTEAD,
    SILENCE,
    SUPERSEDED,
    SWITCHED_OFF,
)
from reminders.recipients import (
    ARRANGEMENT,
    BY_STAFF,
    CONFIRMATION,
    EARLIER_TIME,
    HANDED_OVER,
    LETTER,
    MISSED,
    NOT_AGAIN,
    OFFER,
    OFFERS,
    REMINDER,
    SITE_MESSAGE,
    TEXT_ANSWER,
    ChannelRules,
    Withheld,
    family_of,
    is_current,
    number_of,
)
from reminders.sending_times import SendingRules
from reminders.tables import Notification

NOT_SENT = (PENDING, FAILED, WITHHELD)
# Nobody could get it as things stood; with other contact details somebody may.
FOR_NOBODY = frozenset({NO_ADDRESS, RUNG_INSTEAD, PREFERS_LETTERS, NEEDS_FORMAT, NO_CONTACT_WANTED, OTHER_CHANNEL})
_table = table_of(Notification)
_INSERT = {name: dialect.insert(_table) for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))}
_KEY = ["appointment_id", "version", "kind", "channel"]


def void_outdated(
    db: Session, planning: PlanningInput, now: datetime
) -> tuple[dict[tuple[str, str], Notification], str]:
    """The rows of this version, after outdated ones were voided and what a wrong click voided is pending again.

    What is switched off stays void. And the reason for which the owner of the address gets nothing about this
    appointment, if there is one.
    """
    facts = planning.facts
    # Locked in order of id, as the worker does: what it sends meanwhile is seen as sent, and not voided.
    owed = select(Notification).where(Notification.appointment_id == facts.appointment_id)
    rows = db.scalars(owed.order_by(Notification.id).with_for_update()).all()
    for row in rows:
        current = is_current(
            row.kind,
            version=row.version,
            now_version=facts.version,
            now_state=facts.state,
            owner_since=facts.owner_since,
        )
        if row.status == PENDING and not current:
            row.status, row.closed_at, row.reason = VOID, now, SUPERSEDED
        elif row.status == VOID and current and now < row.useful_until and family_of(row.kind) not in NOT_AGAIN:
            row.status, row.closed_at, row.reason = PENDING, None, ""
        _void_if_off(planning, row, now)
        if current and family_of(row.kind) == SITE_MESSAGE and row.channel != LETTER and row.status in NOT_SENT:
            row.useful_until = facts.starts_at
    pass_on(db, facts.appointment_id, rows, now)
    db.flush()
    of_owner = (row for row in rows if row.version >= facts.owner_since)
    silence = next((row.reason for row in of_owner if row.status == WITHHELD and row.reason in SILENCE), "")
    lasting = (row for row in rows if row.version == facts.version or _lasts(row, facts))
    return {(row.kind, row.channel): row for row in lasting}, silence


def _void_if_off(planning: PlanningInput, row: Notification, now: datetime) -> None:
    """Void a message that waits and whose kind is off; one that a worker has is the worker's to close."""
    waits = bool(planning.off) and row.status == PENDING and row.lease_until is None
    if waits and is_off(planning.off, row.kind, planning.contacts.mode, row.due_at, version=row.version):
        row.status, row.closed_at, row.reason = VOID, now, SWITCHED_OFF


def _lasts(row: Notification, facts: PlanningFacts) -> bool:
    """Whether the message is true of later versions of the appointment, too: what staff wrote to everybody of a day."""
    return family_of(row.kind) == SITE_MESSAGE and row.version >= facts.owner_since


def void_notices_to_owner(db: Session, appointment_id: int, now: datetime) -> None:
    """Void what still tells the present owner that the appointment was not meant for them: it was handed back."""
    versions = select(HandOver.version).join(Appointment, Appointment.id == HandOver.appointment_id)
    theirs = versions.where(Appointment.id == appointment_id, HandOver.from_resident_id == Appointment.resident_id)
    notices = select(Notification).where(
        Notification.appointment_id == appointment_id,
        Notification.version.in_(theirs),
        Notification.kind.startswith(HANDED_OVER),
        Notification.status == PENDING,
    )
    for row in db.scalars(notices.order_by(Notification.id).with_for_update()):
        row.status, row.closed_at, row.reason = VOID, now, SUPERSEDED
    db.flush()


def owed_about_offers(change: AppointmentChange, facts: PlanningFacts, rows: Iterable[Notification]) -> list[Owed]:
    """What the change owes about another time: that it is held, that it is not needed, or that there are no more.

    Offers among `rows` that were not sent yet are voided.
    """
    now = change.now
    if change.offer and change.answer_by:
        rows, family = list(rows), EARLIER_TIME if change.what == "earlier" else OFFER
        if any(row.kind == f"{family}_{change.offer}" for row in rows):
            return []  # they were told of it before
        void_offers(rows, now)
        return [owed_offer(family, change.offer, change.answer_by, now)]
    if change.what == "earlier_gone":
        rows = list(rows)
        void_offers(rows, now)
        was_told = any(row.kind == f"{EARLIER_TIME}_{change.offer}" and row.status != VOID for row in rows)
        return [owed_gone(change.offer, facts, now)] if was_told else []
    if change.what == "wish_paused":
        return [owed_pause(change.offer, facts, now)]
    return owed_going_ahead(void_offers(rows, now), facts, now) if change.what == "kept" else []


def owed_missed(rows: Collection[Notification], facts: PlanningFacts, rules: SendingRules, now: datetime) -> list[Owed]:
    """What is owed to somebody who did not come, unless it has gone out already; what a correction voided is owed anew."""
    earlier = [row for row in rows if family_of(row.kind) == MISSED]
    if any(row.status == PENDING or may_have_arrived(row) for row in earlier):
        return []
    return owed_word_to_missing(1 + max((number_of(row.kind) for row in earlier), default=0), facts, rules, now)


def void_offers(rows: Iterable[Notification], now: datetime) -> int:
    """Void offers of another time that were not sent yet; the number of the last one that may have arrived, or 0."""
    last = 0
    for row in rows:
        if family_of(row.kind) in OFFERS and row.status == PENDING and row.tries == 0:
            row.status, row.closed_at, row.reason = VOID, now, SUPERSEDED
        last = max(last, number_of_offer(row))
    return last


def number_of_offer(row: Notification) -> int:
    """The number of the offer of another time that somebody may have got by this row; 0 for none."""
    is_waiting = row.status == PENDING and row.tries == 0
    may_have_got = family_of(row.kind) == OFFER and not is_waiting and row.status not in (VOID, WITHHELD)
    return number_of(row.kind) if may_have_got else 0


def void_arrangements(rows: Iterable[Notification], number: int, now: datetime) -> None:
    """Void what was not sent yet about decisions before the one of this number: its own message says how it is."""
    for row in rows:
        if row.status == PENDING and family_of(row.kind) == ARRANGEMENT and number_of(row.kind) < number:
            row.status, row.closed_at, row.reason = VOID, now, SUPERSEDED


def follow_contact(
    db: Session,
    people: tuple[Contacts, ChannelRules, PlanningFacts],
    rows: Mapping[tuple[str, str], Notification],
    now: datetime,
    *,
    but: str = "",
) -> None:
    """Have each message of this version go by the channel by which somebody is reached since their contact has changed.

    What waits for a channel that does not fit any more is withheld, and calls of whom nobody may ring; what nobody could
    get, or what failed, is owed again while it is of use, but for the family `but`, which another message stands for.
    `rows` are by kind and channel, locked.
    """
    contacts, rules, facts = people
    posted: dict[datetime, Mapping[str, Notification]] = {}
    for kind in sorted({kind for kind, _channel in rows}, key=lambda one: _own_times(rows, one, facts).due_at):
        alike = {channel: row for (of_kind, channel), row in rows.items() if of_kind == kind}
        message = _own_times(rows, kind, facts)
        if family_of(kind) in (HANDED_OVER, TEXT_ANSWER) or not is_open(alike, message.useful_until, now):
            continue
        way = way_of(message, contacts, rules, facts, now, frozenset())
        if isinstance(way, Withheld):
            _withhold([row for row in alike.values() if row.channel in BY_STAFF], way.code, now)
            continue
        if way.channel in POSTED and family_of(kind) == REMINDER:  # of those that go by one post the last one
            _withhold(posted.get(way.message.due_at, {}).values(), OTHER_CHANNEL, now)
        go_by(db, alike, way, now, is_owed=family_of(kind) != but)
        if way.channel in POSTED and family_of(kind) == REMINDER:
            db.flush()
            known = (Notification.appointment_id == facts.appointment_id, Notification.version == facts.version)
            found = db.scalars(select(Notification).where(*known, Notification.kind == kind))
            posted[way.message.due_at] = {row.channel: row for row in found}
    db.flush()


def _own_times(rows: Mapping[tuple[str, str], Notification], kind: str, facts: PlanningFacts) -> Owed:
    first = min((row for (of_kind, _channel), row in rows.items() if of_kind == kind), key=lambda row: row.id)
    return own_times(first, facts)


def own_times(row: Notification, facts: PlanningFacts) -> Owed:
    """When the message of `row` is due and of use, whatever the channel."""
    return before_the_post(Owed(row.kind, row.due_at, row.useful_until), row.channel, facts)


def _withhold(rows: Iterable[Notification], reason: str, now: datetime) -> None:
    for row in rows:
        if row.status == PENDING:
            row.status, row.closed_at, row.reason = WITHHELD, now, reason


def has_gone_nowhere(rows: Mapping[tuple[str, str], Notification]) -> bool:
    """Whether there is a confirmation among `rows`, and each has reached nobody, nor was anybody rung about it."""
    found = [row for row in rows.values() if family_of(row.kind) == CONFIRMATION]
    nowhere = (row.status in (FAILED, WITHHELD) or (row.status == PENDING and row.channel in BY_STAFF) for row in found)
    return bool(found) and all(nowhere) and not any(row.told_at for row in found)


def is_open(alike: Mapping[str, Notification], useful_until: datetime, now: datetime) -> bool:
    """Whether a message is still to be sent: nothing of it has gone out or is about to, and it is of use."""
    rows = alike.values()
    if any(may_have_arrived(row) or row.lease_until or row.told_at for row in rows):
        return False
    is_pending = any(row.status == PENDING for row in rows)
    went_nowhere = any(row.status == FAILED or (row.status == WITHHELD and row.reason in FOR_NOBODY) for row in rows)
    return (is_pending or went_nowhere) and now < useful_until


def go_by(db: Session, alike: Mapping[str, Notification], way: Way, now: datetime, *, is_owed: bool = True) -> None:
    """Have the message of these rows, by channel, go by this `way` and no other; a try by it begins anew."""
    first = min(alike.values(), key=lambda row: row.id)
    _withhold([row for other, row in alike.items() if other != way.channel], OTHER_CHANNEL, now)
    known = alike.get(way.channel)
    if is_owed and (known is None or known.status != PENDING or known.tries):
        owe_by(db, first, way, known, now)
        if known:
            known.tries = 0  # those were of another address


def owe_by(db: Session, row: Notification, way: Way, earlier: Notification | None, now: datetime) -> None:
    """Owe the message of `row` by this `way`, from now on; `earlier` is its row where there is one."""
    due_at = max(now, way.message.due_at)
    instead_of = ",".join(sorted(way.failed))
    if earlier is not None:
        _open_again(earlier, due_at, instead_of)
        earlier.useful_until = way.message.useful_until
        db.flush()
        return
    values = _values_of(row) | {
        "channel": way.channel,
        "due_at": due_at,
        "useful_until": way.message.useful_until,
        "next_try_at": due_at,
        "created_at": now,
        "instead_of": instead_of,
    }
    connection = connection_of(db)
    connection.execute(_INSERT[connection.dialect.name].on_conflict_do_nothing(index_elements=_KEY), values)


def _values_of(row: Notification) -> dict[str, Any]:
    """What the row of another channel has in common with `row`, and what is empty in a new one."""
    same = ("authority_id", "appointment_id", "version", "kind")
    empty = {"status": PENDING, "tries": 0, "fencing_token": 0, "closed_at": None, "reason": ""}
    return {name: getattr(row, name) for name in same} | empty


def _open_again(row: Notification, next_try_at: datetime, instead_of: str = "") -> None:
    row.status, row.closed_at, row.reason, row.lease_until = PENDING, None, "", None
    row.next_try_at, row.instead_of, row.told_at = next_try_at, instead_of, None
