"""Writes the rows of a new appointment, and of the services of one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.tables import Appointment, AppointmentService
from core.database import connection_of, table_of
from core.tokens import new_reference

_INSERT_APPOINTMENT = {
    name: insert(table_of(Appointment))
    .on_conflict_do_nothing(index_elements=["reference"])
    .returning(table_of(Appointment).c.id)
    for name, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}
_INSERT_SERVICE = table_of(AppointmentService).insert()


def insert_appointment(db: Session, values: dict[str, Any]) -> tuple[int, str]:
    """The id and the new reference of an appointment with these column values.

    A reference that exists already (one in 22,000 at a million appointments) is drawn again.
    """
    connection = connection_of(db)
    statement = _INSERT_APPOINTMENT[connection.dialect.name]
    while True:
        reference = new_reference()
        appointment_id = connection.execute(statement, values | {"reference": reference}).scalar()
        if appointment_id is not None:
            return appointment_id, reference


def insert_services(db: Session, appointment_id: int, parts: Sequence[tuple[int, datetime, datetime]]) -> None:
    """Write the services of a visit in their order: (service id, start, end) each."""
    rows = [
        {"appointment_id": appointment_id, "service_id": service, "position": n, "starts_at": begins, "ends_at": ends}
        for n, (service, begins, ends) in enumerate(parts)
    ]
    connection_of(db).execute(_INSERT_SERVICE, rows)
