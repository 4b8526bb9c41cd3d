"""What becomes of texts from residents, and that somebody has confirmed to come"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
COLUMNS = ("done_at", "choices", "appointment_id", "outcome")


def upgrade() -> None:
    op.add_column("authorities", sa.Column("text_number", sa.String(40), nullable=False, server_default=""))
    op.add_column("appointments", sa.Column("confirmed_at", INSTANT, nullable=True))
    op.add_column("appointments", sa.Column("confirmed_version", sa.Integer(), nullable=True))
    with op.batch_alter_table("inbound_texts") as batch_op:
        batch_op.add_column(sa.Column("outcome", sa.String(12), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("appointment_id", BIG_ID, nullable=True))
        batch_op.add_column(sa.Column("choices", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("done_at", INSTANT, nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_inbound_texts_appointment_id_appointments"),
            "appointments",
            ["appointment_id"],
            ["id"],
            ondelete="CASCADE",
        )
    op.create_index("ix_inbound_texts_appointment_id", "inbound_texts", ["appointment_id"])


def downgrade() -> None:
    op.drop_index("ix_inbound_texts_appointment_id", "inbound_texts")
    with op.batch_alter_table("inbound_texts") as batch_op:
        batch_op.drop_constraint(op.f("fk_inbound_texts_appointment_id_appointments"), type_="foreignkey")
        for column in COLUMNS:
            batch_op.drop_column(column)
    with op.batch_alter_table("appointments") as batch_op:
        batch_op.drop_column("confirmed_version")
        batch_op.drop_column("confirmed_at")
    with op.batch_alter_table("authorities") as batch_op:
        batch_op.drop_column("text_number")
