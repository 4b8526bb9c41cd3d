"""Somebody's app for codes on a telephone, as the tests hold it."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from core.clock import FixedClock
from core.database import Database
from core.tokens import second_step_key
from people.staff.one_time_codes import code_of, interval_at
from people.staff.tables import SecondStep, StaffMember


def give_second_step(database: Database, clock: FixedClock, staff_id: int) -> None:
    """Have a code asked for when this member of staff signs in."""
    now = clock.now()
    with database.writing() as db:
        db.add(SecondStep(staff_id=staff_id, nonce=f"{staff_id:032}", made_at=now, confirmed_at=now, last_interval=0))


def app_of(database: Database, clock: FixedClock, email: str) -> Callable[[], str]:
    """Shows the code with which the member of staff can go on: the next one, when that of now was used."""

    def code() -> str:
        with database.reading() as db:
            of_email = select(SecondStep).join(StaffMember).where(StaffMember.email == email)
            step = db.scalar(of_email)
        if step is None:
            return "000000"
        key = second_step_key(database.secret_keys[0], step.nonce)
        return code_of(key, max(interval_at(clock.now()), step.last_interval + 1))

    return code
