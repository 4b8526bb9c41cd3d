"""What ended with a visit is taken back when somebody is at the desk again after all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.documents.document_owner import CheckResult
from booking.documents.tables import DocumentCheck
from booking.missing.missing_count_repository import count_missing
from booking.missing.missing_counts import MissingKey, counted_of, document_names
from booking.visits.tables import DayVisit
from booking.visits.visit_repository import enter_state
from booking.visits.visit_states import AT_DESK, IN_WAITING_ROOM, VisitState
from core.audit import Actor, record
from core.errors import IllegalMove
from locations.catalogue_queries import catalogue_by_id


def take_back_end(db: Session, row: DayVisit, actor: Actor, now: datetime) -> None:
    """Withdraw the part for which they were sent on, and that a document was missing; the site's visits are locked.

    Raises: IllegalMove when a desk has called them for the other part meanwhile.
    """
    _take_back_sent_on(db, row, actor, now)
    if row.missing:
        _count(db, row, by=-1)
        of_visit = DocumentCheck.visit_id == row.id
        owner = of_visit if row.appointment_id is None else DocumentCheck.appointment_id == row.appointment_id
        is_missing = (DocumentCheck.result == CheckResult.MISSING.value, DocumentCheck.document.in_(row.missing))
        db.execute(delete(DocumentCheck).where(owner, *is_missing))
        row.missing, row.counted = [], []


def take_back_end_of(db: Session, appointment_id: int, actor: Actor, now: datetime) -> None:
    """The same for the visit of an appointment. Raises: IllegalMove."""
    row = db.scalars(select(DayVisit).where(DayVisit.appointment_id == appointment_id)).first()
    if row is not None:
        take_back_end(db, row, actor, now)


def count_turned_away(db: Session, row: DayVisit, missing: Sequence[str]) -> None:
    """Keep with the visit which documents were missing, and count it once."""
    _count(db, row, by=-1)
    catalogue = catalogue_by_id(db, row.authority_id)
    asked = frozenset(name for service in catalogue.services for name in document_names(service))
    row.missing, row.counted = list(missing), counted_of(missing, asked)
    _count(db, row, by=1)


def _count(db: Session, row: DayVisit, *, by: int) -> None:
    """Count what the visit has counted, or take it back."""
    if row.counted:
        catalogue = catalogue_by_id(db, row.authority_id)
        site, service = catalogue.site_by_id(row.site_id).slug, catalogue.service_by_id(row.service_id).slug
        where = partial(MissingKey, row.authority_id, row.local_date, site, service)
        count_missing(db, [where(name) for name in row.counted], by=by)


def _take_back_sent_on(db: Session, row: DayVisit, actor: Actor, now: datetime) -> None:
    """Withdraw the part to which they were sent on, or to which that one has sent them on."""
    sent_on = select(DayVisit).where(DayVisit.sent_from_id == row.id, DayVisit.state != VisitState.WITHDRAWN.value)
    for part in db.scalars(sent_on.execution_options(populate_existing=True)).all():
        if part.state in AT_DESK:
            raise IllegalMove(row.state, VisitState.BEING_SEEN)
        if part.state in IN_WAITING_ROOM:
            enter_state(part, VisitState.WITHDRAWN, now)
            about: tuple[str, int] = ("visit", part.id)
            record(db, actor, "visit_withdrawn", about, authority_id=row.authority_id, now=now, sent_from=row.id)
        else:
            _take_back_sent_on(db, part, actor, now)
