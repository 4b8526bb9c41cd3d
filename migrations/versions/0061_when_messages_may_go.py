"""The quiet hours of a council, how far apart its reminders are, and the hours in which somebody wants to be reached"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("authorities", sa.Column("quiet_from", sa.Time(), server_default="21:00:00", nullable=False))
    op.add_column("authorities", sa.Column("quiet_until", sa.Time(), server_default="08:00:00", nullable=False))
    op.add_column("authorities", sa.Column("reminders_apart_hours", sa.Integer(), server_default="12", nullable=False))
    op.add_column("residents", sa.Column("safe_hours", sa.String(11), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("residents", "safe_hours")
    op.drop_column("authorities", "reminders_apart_hours")
    op.drop_column("authorities", "quiet_until")
    op.drop_column("authorities", "quiet_from")
