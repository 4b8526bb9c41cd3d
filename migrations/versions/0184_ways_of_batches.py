"""A batch goes to the back office as a file that staff save, or into a folder, and says whether it has arrived."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0184"
down_revision = "0179"
branch_labels = None
depends_on = None

OWED = sa.text("next_try_at IS NOT NULL")


def upgrade() -> None:
    """What was handed over until now was saved as a file."""
    op.add_column("authorities", sa.Column("receipts_go_by", sa.String(8), nullable=False, server_default="file"))
    with op.batch_alter_table("document_batches") as changed:
        changed.add_column(sa.Column("way", sa.String(8), nullable=False, server_default="file"))
        changed.add_column(sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
        changed.add_column(sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True))
        changed.add_column(sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True))
        changed.add_column(sa.Column("written_as", sa.String(120), nullable=False, server_default=""))
        changed.add_column(sa.Column("failure", sa.String(12), nullable=False, server_default=""))
        changed.add_column(sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_document_batches_next_try_at", "document_batches", ["next_try_at"], sqlite_where=OWED, postgresql_where=OWED
    )


def downgrade() -> None:
    """Every batch is one that staff save."""
    op.drop_index("ix_document_batches_next_try_at", "document_batches")
    with op.batch_alter_table("document_batches") as changed:
        for name in ("arrived_at", "failure", "written_as", "claimed_until", "next_try_at", "tries", "way"):
            changed.drop_column(name)
    op.drop_column("authorities", "receipts_go_by")
