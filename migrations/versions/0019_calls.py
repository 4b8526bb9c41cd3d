"""Calls: what is typed and held for a resident, by whom, until the call ends"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "calls",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("authority_id", BIG_ID, sa.ForeignKey("authorities.id"), nullable=False),
        sa.Column("staff_id", BIG_ID, sa.ForeignKey("staff_members.id"), nullable=False),
        sa.Column("resident_id", BIG_ID, sa.ForeignKey("residents.id", ondelete="CASCADE"), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("typed", sa.JSON(), nullable=False),
        sa.Column("hold_nonce", sa.String(64), nullable=False, server_default=""),
        sa.Column("slot_token", sa.String(300), nullable=False, server_default=""),
        sa.Column("moving", sa.String(12), nullable=False, server_default=""),
        sa.Column("held_until", sa.DateTime(timezone=True)),
        sa.Column("checked_at", sa.DateTime(timezone=True)),
        sa.Column("check_result", sa.String(20), nullable=False, server_default=""),
        sa.UniqueConstraint("staff_id", "resident_id", name="uq_calls_staff_id_resident_id"),
    )
    op.create_index("ix_calls_resident_id", "calls", ["resident_id"])
    op.create_index("ix_calls_changed_at", "calls", ["changed_at"])


def downgrade() -> None:
    op.drop_table("calls")
