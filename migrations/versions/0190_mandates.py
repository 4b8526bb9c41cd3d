"""Who may act for a resident in more than one booking."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.column_types import UtcDateTime

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "mandates"
BY = ("proof_by", "changed_by", "ended_by")

revision = "0190"
down_revision = "0180"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody is noted yet: of whoever acted in a booking nobody has seen a proof."""
    op.create_table(
        TABLE,
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("authority_id", BIG_ID, nullable=False),
        sa.Column("resident_id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("basis", sa.String(60), nullable=False),
        sa.Column("phone", sa.String(40), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("powers", sa.JSON(), nullable=False),
        sa.Column("proof", sa.String(20), nullable=False),
        sa.Column("proof_by", BIG_ID, nullable=True),
        sa.Column("proof_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("noted_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_by", BIG_ID, nullable=True),
        sa.Column("changed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_by", BIG_ID, nullable=True),
        sa.Column("ended_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.String(500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f(f"fk_{TABLE}_authority_id")),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f(f"fk_{TABLE}_resident_id"), ondelete="CASCADE"
        ),
        *(sa.ForeignKeyConstraint([name], ["staff_members.id"], name=op.f(f"fk_{TABLE}_{name}")) for name in BY),
    )
    op.create_index(op.f(f"ix_{TABLE}_resident_id"), TABLE, ["resident_id"])


def downgrade() -> None:
    """The audit log has who was noted when, without their names."""
    op.drop_table(TABLE)
