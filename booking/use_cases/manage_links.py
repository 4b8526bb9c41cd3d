"""Has a lost manage link sent again, to the address on record and nowhere else.

Whoever asks for one writes a row, whether there is such an appointment or not, so that the time of the answer tells
nothing. The scheduler looks for the appointment a few seconds later.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import Row, delete, func, select
from sqlalchemy.orm import Session

from booking.events import ManageLinkRequest, announce_link_request
from booking.queries.references import reference_by_old
from booking.states import has_link_ended
from booking.tables import Appointment, LinkRequest
from core.audit import Actor, record
from core.connections import CLEANUP
from core.errors import RateLimited
from core.outages import outage_of
from core.runtime import Runtime
from core.text import printable
from core.tokens import find_reference
from people.residents.name_parts import has_name_part
from people.residents.tables import Resident

# Of one council. They wait for seconds, so that so many are there only when no scheduler runs.
MOST_WAITING = 1000
LONGEST_TYPED = 100
TRY_AGAIN_AFTER = timedelta(minutes=5)
REQUEST_LIVES = timedelta(days=1)

log = logging.getLogger(__name__)


def request_manage_link(runtime: Runtime, authority_id: int, reference_text: str, surname: str) -> None:
    """Have the link sent when reference and surname belong together; nothing is returned, and nothing is looked for yet.

    Raises: RateLimited when too many requests wait.
    """
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        waiting = select(func.count()).select_from(LinkRequest).where(LinkRequest.authority_id == authority_id)
        if db.scalars(waiting).one() >= MOST_WAITING:
            raise RateLimited(now + TRY_AGAIN_AFTER)
        reference = find_reference(reference_text) or ""
        typed = " ".join(printable(reference_text).split())[:LONGEST_TYPED]
        whose = {"authority_id": authority_id, "surname": surname, "requested_at": now}
        db.add(LinkRequest(reference=reference, typed=typed, **whose))


def send_link_again(runtime: Runtime, authority_id: int, appointment_id: int) -> None:
    """Have the link sent to whoever has opened the appointment already, to its address on record and nowhere else."""
    with runtime.database.writing() as db:
        _send(db, authority_id, appointment_id, runtime.clock.database_now(db))


def answer_link_requests(runtime: Runtime) -> int:
    """How many waiting requests were answered and deleted. One that fails is logged, and stops no other."""
    with runtime.database.reading() as db:
        waiting = db.scalars(select(LinkRequest.id).order_by(LinkRequest.id).limit(MOST_WAITING)).all()
    return sum(_is_answered(runtime, request_id) for request_id in waiting)


def delete_expired_requests(db: Session, now: datetime) -> None:
    """Delete the requests that nobody answered in time."""
    db.execute(delete(LinkRequest).where(LinkRequest.requested_at <= now - REQUEST_LIVES))


def _is_answered(runtime: Runtime, request_id: int) -> bool:
    """Whether the request was answered here, and not by another process, in a transaction of its own."""
    try:
        with runtime.database.writing() as db:
            request = _take(db, request_id)
            if request is None:
                return False
            _answer(db, request, runtime.clock.database_now(db))
    except Exception as error:
        if outage_of(error) is not None:
            raise
        log.exception("a request for a lost link could not be answered")
        with runtime.database.writing(CLEANUP) as db:
            db.execute(delete(LinkRequest).where(LinkRequest.id == request_id))
    return True


def _take(db: Session, request_id: int) -> LinkRequest | None:
    """The request, removed; None when another process has it. Deleting the row is what makes it ours."""
    found = select(LinkRequest).where(LinkRequest.id == request_id).with_for_update(skip_locked=True)
    request = db.scalars(found).first()
    if request is not None:
        db.expunge(request)
        db.execute(delete(LinkRequest).where(LinkRequest.id == request_id))
    return request


def _answer(db: Session, request: LinkRequest, now: datetime) -> None:
    """Announce the request, when reference and surname belong together and the appointment is not over.

    Any word of the name will do, for people differ in what they call their surname.
    """
    authority_id = request.authority_id
    found = _named(db, authority_id, request.reference)
    if found is None:
        found = _named(db, authority_id, reference_by_old(db, authority_id, request.typed))
    is_expired = request.requested_at <= now - REQUEST_LIVES
    if found is None or is_expired or has_link_ended(found.ends_at, now):
        return
    if not has_name_part(found.name, request.surname):
        return
    _send(db, authority_id, found.id, now)


def _send(db: Session, authority_id: int, appointment_id: int, now: datetime) -> None:
    subject = ("appointment", appointment_id)
    record(db, Actor.resident(), "manage_link_requested", subject, authority_id=authority_id, now=now)
    announce_link_request(db, ManageLinkRequest(authority_id, appointment_id, now))


def _named(db: Session, authority_id: int, reference: str | None) -> Row[int, datetime, str] | None:
    """Id, end and resident's name of the appointment."""
    columns = select(Appointment.id, Appointment.ends_at, Resident.name)
    named = columns.join(Resident, Resident.id == Appointment.resident_id).where(
        Appointment.authority_id == authority_id, Appointment.reference == reference
    )
    return db.execute(named).first()
