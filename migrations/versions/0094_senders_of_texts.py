"""The provider's id of the number from which a council's texts come"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0094"
down_revision = "0093"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("authorities", sa.Column("text_sender_id", sa.String(36), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("authorities") as batch_op:
        batch_op.drop_column("text_sender_id")
