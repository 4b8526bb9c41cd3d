"""Messages that arrived when the visit had begun are late."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0092"
down_revision = "0080"

MESSAGES = sa.table(
    "notifications",
    *(sa.column(name, sa.String()) for name in ("status", "kind", "reason")),
    sa.column("appointment_id", sa.BigInteger()),
    sa.column("delivered_at", sa.DateTime(timezone=True)),
)
APPOINTMENTS = sa.table(
    "appointments", sa.column("id", sa.BigInteger()), sa.column("starts_at", sa.DateTime(timezone=True))
)
ABOUT_THE_VISIT = ("confirmation", "rescheduled", "reminder", "arrangement", "going_ahead", "cancelled", "site_message")
REASON = "arrived_too_late"


def upgrade() -> None:
    """Say of those that were counted as sent, and delivered, that they came too late."""
    began = sa.exists().where(
        APPOINTMENTS.c.id == MESSAGES.c.appointment_id, APPOINTMENTS.c.starts_at <= MESSAGES.c.delivered_at
    )
    is_of_visit = sa.or_(*(MESSAGES.c.kind.startswith(kind) for kind in ABOUT_THE_VISIT))
    came_late = (MESSAGES.c.status == "sent", MESSAGES.c.delivered_at.is_not(None), is_of_visit, began)
    op.execute(MESSAGES.update().where(*came_late).values(status="late", reason=REASON))


def downgrade() -> None:
    """Count them as sent again."""
    op.execute(MESSAGES.update().where(MESSAGES.c.reason == REASON).values(status="sent", reason=""))
