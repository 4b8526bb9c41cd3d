"""A second step of signing in: who has one, their recovery codes, and the roles of which a council demands it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "second_steps",
        sa.Column("staff_id", BIG_ID, sa.ForeignKey("staff_members.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("nonce", sa.String(32), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_interval", BIG_ID, nullable=False),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("staff_id", BIG_ID, sa.ForeignKey("staff_members.id", ondelete="CASCADE"), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
    )
    op.create_index("ix_recovery_codes_staff_id", "recovery_codes", ["staff_id"])
    op.create_table(
        "second_step_demands",
        sa.Column("authority_id", BIG_ID, sa.ForeignKey("authorities.id"), primary_key=True),
        sa.Column("role", sa.String(30), primary_key=True),
    )


def downgrade() -> None:
    op.drop_table("second_step_demands")
    op.drop_table("recovery_codes")
    op.drop_table("second_steps")
