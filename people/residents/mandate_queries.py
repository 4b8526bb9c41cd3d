"""Who may act for a resident, as it is noted."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from people.residents.details import Representation
from people.residents.mandate_columns import NOTED
from people.residents.mandate_rules import BE_TOLD, NEVER, KnownMandate, Mandated, last_day_told
from people.residents.tables import Mandate, Representative
from people.staff.tables import StaffMember

MOST = 100
_proof, _change, _end = aliased(StaffMember), aliased(StaffMember), aliased(StaffMember)
_NOTED = (
    select(
        Mandate,
        func.coalesce(_proof.name, ""),
        func.coalesce(_change.name, ""),
        func.coalesce(_end.name, ""),
    )
    .outerjoin(_proof, _proof.id == Mandate.proof_by)
    .outerjoin(_change, _change.id == Mandate.changed_by)
    .outerjoin(_end, _end.id == Mandate.ended_by)
)


def mandates_of(db: Session, authority_id: int, resident_id: int) -> Sequence[KnownMandate]:
    """All that is noted of who may act for the resident: those not ended first, the latest first. One statement."""
    here = (Mandate.authority_id == authority_id, Mandate.resident_id == resident_id)
    order = (Mandate.ended_at.is_not(None), Mandate.ended_at.desc(), Mandate.id.desc())
    return [_known(*row) for row in db.execute(_NOTED.where(*here).order_by(*order).limit(MOST))]


def latest_mandate(db: Session, authority_id: int, resident_id: int) -> int:
    """The id of what was noted last, or 0."""
    here = (Mandate.authority_id == authority_id, Mandate.resident_id == resident_id)
    return db.scalar(select(func.max(Mandate.id)).where(*here)) or 0


def is_told(db: Session, helper: Representative) -> bool:
    """Whether somebody who acts may be written to, as far as something is noted of them; whatever the last day is."""
    noted = db.scalar(select(NOTED).select_from(Representative).where(Representative.id == helper.id))
    return not noted or last_day_told(noted, helper.name) != NEVER


def mandated_of(row: Mandate) -> Mandated:
    """What an entry says."""
    return Mandated(row.name, row.basis, row.proof, tuple(row.powers), row.valid_until, row.phone, row.email)


def representation_by(mandate: KnownMandate) -> Representation:
    """Who acts in a booking. Whoever may not be told about visits is not written to: the resident is."""
    who = mandate.who
    is_told = BE_TOLD in who.powers
    return Representation(who.name, who.basis, who.email if is_told else "", who.phone if is_told else "")


def _known(row: Mandate, proof_by: str, changed_by: str, ended_by: str) -> KnownMandate:
    return KnownMandate(
        id=row.id,
        version=row.version,
        who=mandated_of(row),
        proof_by=proof_by,
        proof_at=row.proof_at,
        changed_by=changed_by,
        changed_at=row.changed_at,
        ended_at=row.ended_at,
        ended_by=ended_by,
        ended_why=row.ended_why,
    )
