"""What residents were told by staff: messages that reached nobody, until somebody has rung or written"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

UNSENT = sa.text("status IN ('withheld', 'failed') AND told_at IS NULL")


def upgrade() -> None:
    op.add_column("notifications", sa.Column("told_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_notifications_untold",
        "notifications",
        ["authority_id", "useful_until"],
        postgresql_where=UNSENT,
        sqlite_where=UNSENT,
    )


def downgrade() -> None:
    op.drop_index("ix_notifications_untold", table_name="notifications")
    op.drop_column("notifications", "told_at")
