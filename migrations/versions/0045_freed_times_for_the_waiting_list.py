"""Freed times are kept for the waiting list first, where a service says so"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("services", sa.Column("waiting_list_first", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("holds", sa.Column("is_kept", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("holds") as batch_op:
        batch_op.drop_column("is_kept")
    with op.batch_alter_table("services") as batch_op:
        batch_op.drop_column("waiting_list_first")
