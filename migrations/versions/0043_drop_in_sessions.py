"""Sessions for people without an appointment"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

TABLES = ("session_templates", "dated_sessions")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("drop_in", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "drop_in")
