"""Hand-overs: appointments that were booked for the wrong resident and belong to the right one now"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("appointments", sa.Column("owner_since", sa.Integer(), nullable=False, server_default="1"))
    op.create_table(
        "hand_overs",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("authority_id", BIG_ID, sa.ForeignKey("authorities.id"), nullable=False),
        sa.Column("appointment_id", BIG_ID, sa.ForeignKey("appointments.id", ondelete="CASCADE"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("owner_since", sa.Integer(), nullable=False),
        sa.Column("from_resident_id", BIG_ID, sa.ForeignKey("residents.id"), nullable=False),
        sa.Column("representative_id", BIG_ID, sa.ForeignKey("representatives.id")),
        sa.Column("contact_email", sa.String(254)),
        sa.Column("contact_phone", sa.String(40)),
        sa.Column("contact_preference", sa.String(10)),
        sa.Column("contact_leave_no_message", sa.Boolean()),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("appointment_id", "version", name="uq_hand_overs_appointment_id_version"),
    )
    op.create_index("ix_hand_overs_from_resident_id", "hand_overs", ["from_resident_id"])


def downgrade() -> None:
    op.drop_table("hand_overs")
    op.drop_column("appointments", "owner_since")
