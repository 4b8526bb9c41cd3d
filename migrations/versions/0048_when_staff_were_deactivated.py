"""When an account of staff was deactivated; of those that were before, the last that is known of them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff_members", sa.Column("deactivated_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE staff_members SET deactivated_at = coalesce(last_signed_in_at, created_at) WHERE is_active = false"
    )


def downgrade() -> None:
    op.drop_column("staff_members", "deactivated_at")
