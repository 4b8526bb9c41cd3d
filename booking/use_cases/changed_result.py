"""What a change of an appointment answers."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from booking.tables import Appointment
from booking.use_cases.book import Booked
from core.wall_clock import unit_of


def result_of(row: Appointment) -> dict[str, Any]:
    """The appointment as it is now, as plain values for `run_operation`."""
    booked = Booked(row.id, row.reference, row.version, row.state, row.slot_token, unit_of(row.ends_at))
    return asdict(booked) | {"nonce": row.manage_nonce, "digest": row.manage_digest}
