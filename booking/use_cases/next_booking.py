"""What the next appointment of somebody has from the one that they came for, beside its time."""

from __future__ import annotations

from typing import Any

from booking.own_contact_columns import OwnContactColumns
from booking.tables import Appointment
from core.database import table_of

_OWN_CONTACT = tuple(column.name for column in table_of(Appointment).columns if hasattr(OwnContactColumns, column.name))


def beside_of(booked: Appointment) -> dict[str, Any]:
    """The columns that say how they are reached about it, and by whom, as it was for the appointment before."""
    own = {name: getattr(booked, name) for name in _OWN_CONTACT}
    return own | {"representative_id": booked.representative_id}
