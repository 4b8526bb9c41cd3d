"""Searches that ended without an appointment, counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0136"
down_revision = "0135"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing is counted yet."""
    op.create_table(
        "counted_searches",
        sa.Column("authority_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("service", sa.String(60), nullable=False),
        sa.Column("site", sa.String(60), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name="fk_counted_searches_authority_id"),
        sa.PrimaryKeyConstraint(
            "authority_id", "day", "service", "site", "reason", "channel", name="pk_counted_searches"
        ),
    )


def downgrade() -> None:
    """What was counted is gone."""
    op.drop_table("counted_searches")
