"""Other programs are told what happened, and fetch batches of receipts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0185"
down_revision = "0184"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody is told yet, and of no batch."""
    op.create_table(
        "webhooks",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("authority_id", BIG_ID, nullable=False),
        sa.Column("host", sa.String(260), nullable=False),
        sa.Column("sealed_address", sa.Text(), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name="fk_webhooks_authority_id_authorities"),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks"),
    )
    op.create_index("ix_webhooks_authority_id", "webhooks", ["authority_id"])
    op.create_table(
        "batch_notices",
        sa.Column("batch_id", BIG_ID, nullable=False),
        sa.Column("webhook_id", BIG_ID, nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["document_batches.id"], name="fk_batch_notices_batch_id_document_batches", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.id"], name="fk_batch_notices_webhook_id_webhooks", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("batch_id", "webhook_id", name="pk_batch_notices"),
    )
    op.create_index("ix_batch_notices_webhook_id", "batch_notices", ["webhook_id"])
    op.add_column("document_batches", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Nobody is told any more."""
    with op.batch_alter_table("document_batches") as changed:
        changed.drop_column("told_at")
    op.drop_table("batch_notices")
    op.drop_table("webhooks")
