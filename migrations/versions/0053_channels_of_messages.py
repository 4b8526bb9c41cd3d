"""By which channels a council sends its messages, and which channels failed before one"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0049"
branch_labels = None
depends_on = None

TO_RING = "status = 'pending' AND channel = 'call'"


def upgrade() -> None:
    op.add_column("authorities", sa.Column("message_channels", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("notifications", sa.Column("instead_of", sa.String(40), server_default="", nullable=False))
    op.create_index(
        "ix_notifications_to_ring",
        "notifications",
        ["authority_id", "useful_until"],
        postgresql_where=sa.text(TO_RING),
        sqlite_where=sa.text(TO_RING),
    )


def downgrade() -> None:
    op.drop_index("ix_notifications_to_ring", "notifications")
    op.drop_column("notifications", "instead_of")
    op.drop_column("authorities", "message_channels")
