"""When somebody arrived for their appointment"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.column_types import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("appointments", sa.Column("arrived_at", UtcDateTime(timezone=True)))
    # Who waits now came into that state when they arrived. The others are no longer waiting.
    op.execute("UPDATE appointments SET arrived_at = changed_at WHERE state = 'arrived'")


def downgrade() -> None:
    op.drop_column("appointments", "arrived_at")
