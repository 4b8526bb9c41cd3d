"""Services that ask people to confirm, and appointments that were given back because nobody did"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.column_types import UtcDateTime

revision = "0085"
down_revision = "0090"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("services", sa.Column("confirm_days_before", sa.Integer(), nullable=True))
    op.add_column("services", sa.Column("confirm_within_hours", sa.Integer(), nullable=False, server_default="48"))
    op.add_column("appointments", sa.Column("is_urgent", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("appointments", sa.Column("given_back_at", UtcDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Ask nobody any more: an earlier version does not know the questions. What was given back stays cancelled."""
    table = sa.table("notifications", sa.column("kind"), sa.column("status"))
    waits = (table.c.status == "pending") & table.c.kind.startswith("to_confirm", autoescape=True)
    op.execute(table.delete().where(waits))
    with op.batch_alter_table("appointments") as batch_op:
        batch_op.drop_column("given_back_at")
        batch_op.drop_column("is_urgent")
    with op.batch_alter_table("services") as batch_op:
        batch_op.drop_column("confirm_within_hours")
        batch_op.drop_column("confirm_days_before")
