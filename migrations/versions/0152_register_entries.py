"""Who is on the register of people who cannot get online."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.column_types import UtcDateTime

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "register_entries"
REFERENCES = {"authority_id": "authorities", "staff_id": "staff_members", "ended_by": "staff_members"}

revision = "0152"
down_revision = "0147"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody is on it yet."""
    op.create_table(
        TABLE,
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("authority_id", BIG_ID, nullable=False),
        sa.Column("resident_id", BIG_ID, nullable=False),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("staff_id", BIG_ID, nullable=True),
        sa.Column("decided_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_by", BIG_ID, nullable=True),
        sa.Column("ended_why", sa.String(500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f(f"fk_{TABLE}_resident_id"), ondelete="CASCADE"
        ),
        *(
            sa.ForeignKeyConstraint([name], [f"{other}.id"], name=op.f(f"fk_{TABLE}_{name}"))
            for name, other in REFERENCES.items()
        ),
    )
    op.create_index(op.f(f"ix_{TABLE}_resident_id"), TABLE, ["resident_id"])
    op.create_index(f"ix_{TABLE}_authority_review", TABLE, ["authority_id", "review_on"])
    op.create_index(
        f"uq_{TABLE}_open",
        TABLE,
        ["resident_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    """Nobody is on it any more; the audit log has who was."""
    op.drop_table(TABLE)
