"""Every manage link and short link under the current key: those that were sent before stop working."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from booking.tables import Appointment
from core.database import connection_of, table_of
from core.runtime import Runtime
from core.tokens import digest, manage_token, new_nonce

BATCH = 1_000
_appointments = table_of(Appointment)
_PAGE = select(_appointments.c.id, _appointments.c.manage_nonce, _appointments.c.manage_digest).order_by(
    _appointments.c.id
)


def rotate_links(runtime: Runtime) -> int:
    """How many links were closed and made anew, because another key than the current one had made them.

    Browsers that had opened an old link are shut out with it. Messages that are sent from now on carry the new one.
    """
    rotated, last_id = 0, 0
    with runtime.database.writing_in_turn() as db:
        connection = connection_of(db)
        while rows := connection.execute(_PAGE.where(_appointments.c.id > last_id).limit(BATCH)).all():
            last_id = rows[-1].id
            for row in rows:
                if digest(manage_token(runtime.settings.secret_key, row.manage_nonce)) != row.manage_digest:
                    _renew(connection, row.id, runtime.settings.secret_key)
                    rotated += 1
    return rotated


def _renew(connection: Connection, appointment_id: int, secret_key: str) -> None:
    """Begin with a new nonce: short links have no digest, and old keys that are still listed would open them."""
    nonce = new_nonce()
    values = {"manage_nonce": nonce, "manage_digest": digest(manage_token(secret_key, nonce))}
    connection.execute(update(_appointments).where(_appointments.c.id == appointment_id).values(values))
