"""Receipts and certified copies are handed to the back office in batches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0179"
down_revision = "0178"
branch_labels = None
depends_on = None

TABLES = ("document_receipts", "certified_copies")
NO_BATCH = sa.text("batch_id IS NULL")


def upgrade() -> None:
    """Nothing was handed over by a batch yet."""
    op.create_table(
        "document_batches",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("authority_id", BIG_ID, nullable=False),
        sa.Column("site_id", BIG_ID, nullable=False),
        sa.Column("number", sa.String(12), nullable=False),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authorities.id"], name="fk_document_batches_authority_id_authorities"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_document_batches_site_id_sites"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_members.id"], name="fk_document_batches_staff_id_staff_members"),
        sa.PrimaryKeyConstraint("id", name="pk_document_batches"),
        sa.UniqueConstraint("number", name="uq_document_batches_number"),
    )
    op.create_index("ix_document_batches_site_id_handed_over_at", "document_batches", ["site_id", "handed_over_at"])
    for table in TABLES:
        with op.batch_alter_table(table) as changed:
            changed.add_column(sa.Column("batch_id", BIG_ID, nullable=True))
            name = f"fk_{table}_batch_id_document_batches"
            changed.create_foreign_key(name, "document_batches", ["batch_id"], ["id"])
            changed.create_index(f"ix_{table}_batch_id", ["batch_id"])
    op.create_index(
        "ix_document_receipts_to_hand_over",
        "document_receipts",
        ["site_id", "given_at"],
        sqlite_where=NO_BATCH,
        postgresql_where=NO_BATCH,
    )


def downgrade() -> None:
    """What was handed over is not kept."""
    op.drop_index("ix_document_receipts_to_hand_over", "document_receipts")
    for table in TABLES:
        with op.batch_alter_table(table) as changed:
            changed.drop_index(f"ix_{table}_batch_id")
            changed.drop_constraint(f"fk_{table}_batch_id_document_batches", type_="foreignkey")
            changed.drop_column("batch_id")
    op.drop_table("document_batches")
