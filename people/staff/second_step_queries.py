"""What is kept about the second step of signing in: who has one, what waits to be confirmed, and who must have one."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import secret_keys_of
from core.tokens import second_step_key
from people.staff.policy import Role
from people.staff.tables import RecoveryCode, SecondStep, SecondStepDemand

KEY_WAITS = timedelta(hours=1)  # to be confirmed: nobody sees a key on an old page that somebody uses later


def has_second_step(db: Session, staff_id: int) -> bool:
    """Whether a code is asked for when this member of staff signs in."""
    step = db.get(SecondStep, staff_id)
    return step is not None and step.confirmed_at is not None


def key_to_confirm(db: Session, staff_id: int, now: datetime) -> bytes | None:
    """The key that waits for its first code, or None."""
    step = db.get(SecondStep, staff_id)
    if step is None or step.confirmed_at is not None or now >= step.made_at + KEY_WAITS:
        return None
    return second_step_key(secret_keys_of(db)[0], step.nonce)


def codes_left(db: Session, staff_id: int) -> int:
    """How many recovery codes have not been used."""
    return len(db.scalars(select(RecoveryCode.id).where(RecoveryCode.staff_id == staff_id)).all())


def demanded_roles(db: Session, authority_id: int) -> frozenset[Role]:
    """The roles of which the council demands a second step."""
    rows = db.scalars(select(SecondStepDemand.role).where(SecondStepDemand.authority_id == authority_id))
    return frozenset(Role(role) for role in rows)
