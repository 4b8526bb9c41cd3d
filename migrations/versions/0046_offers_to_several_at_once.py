"""A time at short notice is offered to several who wait at once, where a service says so"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("services", sa.Column("offered_at_once", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("proposals", sa.Column("is_shared", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("proposals") as batch_op:
        batch_op.drop_column("is_shared")
    with op.batch_alter_table("services") as batch_op:
        batch_op.drop_column("offered_at_once")
