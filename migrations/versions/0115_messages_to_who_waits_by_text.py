"""Whoever waits without an appointment is told by text too"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0115"
down_revision = "0121"
branch_labels = None
depends_on = None

ONE_EACH = "uq_wish_mails_wish_id_kind_number"
ONE_BY_CHANNEL = "uq_wish_mails_wish_id_kind_number_channel"


def upgrade() -> None:
    """Everything before this was an email."""
    with op.batch_alter_table("wish_mails") as batch_op:
        batch_op.add_column(sa.Column("channel", sa.String(20), nullable=False, server_default="email"))
        batch_op.add_column(sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("units_sent", sa.Integer(), nullable=True))
        batch_op.drop_constraint(ONE_EACH, type_="unique")
        batch_op.create_unique_constraint(ONE_BY_CHANNEL, ["wish_id", "kind", "number", "channel"])


def downgrade() -> None:
    """Texts are forgotten, and whoever waits for one is rung."""
    op.execute("DELETE FROM wish_mails WHERE channel <> 'email'")
    op.execute("UPDATE wishes SET told_by = 'phone' WHERE told_by = 'text'")
    with op.batch_alter_table("wish_mails") as batch_op:
        batch_op.drop_constraint(ONE_BY_CHANNEL, type_="unique")
        batch_op.create_unique_constraint(ONE_EACH, ["wish_id", "kind", "number"])
        batch_op.drop_column("units_sent")
        batch_op.drop_column("delivered_at")
        batch_op.drop_column("channel")
