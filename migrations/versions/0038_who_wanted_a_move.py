"""Who wanted that an appointment was moved: its resident, or the council"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("appointments", sa.Column("moved_by", sa.String(12), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("appointments") as table:
        table.drop_column("moved_by")
