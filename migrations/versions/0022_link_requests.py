"""Requests for lost links, which the scheduler answers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "link_requests",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("authority_id", BIG_ID, sa.ForeignKey("authorities.id"), nullable=False),
        sa.Column("reference", sa.String(8), nullable=False),
        sa.Column("surname", sa.String(200), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_link_requests_authority_id", "link_requests", ["authority_id"])


def downgrade() -> None:
    op.drop_table("link_requests")
