"""Papers that residents have sent for a visit to come, and nobody has looked at."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, and_, func, literal_column, select
from sqlalchemy.orm import Session

from booking.documents.document_owner import Review
from booking.documents.document_queries import BY_RESIDENT
from booking.documents.tables import DocumentFile
from booking.states import State
from booking.tables import Appointment

NOT_LOOKED_AT = and_(
    DocumentFile.resident_id == Appointment.resident_id,
    DocumentFile.source == literal_column(f"'{BY_RESIDENT}'"),
    DocumentFile.stored_name != literal_column("''"),
    DocumentFile.review == literal_column(f"'{Review.OPEN.value}'"),
    Appointment.state.in_((State.BOOKED, State.ARRIVED, State.IN_PROGRESS)),
)
"""Of a file joined with its appointment: whoever that is for now has sent it, it is kept, and nothing was said of it.

Constants, as no parameter is known to be that of the index of just these files.
"""


@dataclass(frozen=True)
class WaitingPapers:
    """What one person has sent for an appointment: the names of the papers, each once, and since when the oldest waits."""

    appointment_id: int
    files: int
    documents: tuple[str, ...]
    since: datetime


def waiting_papers(
    db: Session, authority_id: int, site_ids: Collection[int] | None, today: date, *, limit: int
) -> list[WaitingPapers]:
    """The papers that wait at these sites (None for all) for visits from `today` on, by appointment, the soonest first.

    Two statements. An appointment counts where it is to take place now, wherever it was when the papers were sent.
    """
    starts_at = func.min(Appointment.starts_at)
    chosen = _waiting(authority_id, site_ids, today).with_only_columns(Appointment.id).group_by(Appointment.id)
    ids = list(db.scalars(chosen.order_by(starts_at, Appointment.id).limit(limit)))
    files = select(DocumentFile).join(Appointment, Appointment.id == DocumentFile.appointment_id)
    found: dict[int, list[DocumentFile]] = {appointment_id: [] for appointment_id in ids}
    for file in db.scalars(files.where(Appointment.id.in_(ids), NOT_LOOKED_AT).order_by(DocumentFile.id)):
        found[file.appointment_id or 0].append(file)
    return [_papers(appointment_id, of_visit) for appointment_id, of_visit in found.items() if of_visit]


def waiting_count(db: Session, authority_id: int, site_ids: Collection[int] | None, today: date) -> int:
    """How many papers wait at these sites, None for all of the council, for visits from `today` on."""
    counted = _waiting(authority_id, site_ids, today).with_only_columns(func.count())
    return db.scalars(counted).one()


def _waiting(authority_id: int, site_ids: Collection[int] | None, today: date) -> Select[DocumentFile]:
    where = [DocumentFile.authority_id == authority_id, NOT_LOOKED_AT, Appointment.local_date >= today]
    if site_ids is not None:
        where.append(Appointment.site_id.in_(site_ids))
    return select(DocumentFile).join(Appointment, Appointment.id == DocumentFile.appointment_id).where(*where)


def _papers(appointment_id: int, files: list[DocumentFile]) -> WaitingPapers:
    documents = tuple(dict.fromkeys(file.document for file in files))
    return WaitingPapers(appointment_id, len(files), documents, min(file.added_at for file in files))
