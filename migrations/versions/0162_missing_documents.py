"""Which documents were missing when somebody was turned away, what they were booked next, and how often it happens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0162"
down_revision = "0161"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody was turned away yet, as far as it is known."""
    op.add_column("visits", sa.Column("missing", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("visits", sa.Column("counted", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("visits", sa.Column("booked_next", sa.String(12), nullable=False, server_default=""))
    op.add_column("appointments", sa.Column("missing_before", sa.JSON(), nullable=False, server_default="[]"))
    op.create_table(
        "missing_document_counts",
        sa.Column("authority_id", BIG_ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("site", sa.String(60), nullable=False),
        sa.Column("service", sa.String(60), nullable=False),
        sa.Column("document", sa.String(300), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authorities.id"], name="fk_missing_document_counts_authority_id_authorities"
        ),
        sa.PrimaryKeyConstraint(
            "authority_id", "day", "site", "service", "document", name="pk_missing_document_counts"
        ),
    )


def downgrade() -> None:
    """The record of documents keeps what was missing."""
    op.drop_table("missing_document_counts")
    op.drop_column("appointments", "missing_before")
    op.drop_column("visits", "booked_next")
    op.drop_column("visits", "counted")
    op.drop_column("visits", "missing")
