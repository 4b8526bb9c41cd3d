"""The school holidays of a council, and whether a session is held in them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("authorities", sa.Column("school_holidays", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("session_templates", sa.Column("school", sa.String(10), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("session_templates", "school")
    op.drop_column("authorities", "school_holidays")
