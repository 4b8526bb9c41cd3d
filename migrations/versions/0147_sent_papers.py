"""What is known of files that residents send: whether they were scanned, and whether staff accept them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.column_types import UtcDateTime

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0147"
down_revision = "0146"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it: nobody has looked at any yet. A message of staff may be about one appointment."""
    with op.batch_alter_table("document_files") as batch_op:
        batch_op.add_column(sa.Column("scan", sa.String(12), nullable=False, server_default="not_scanned"))
        batch_op.add_column(sa.Column("review", sa.String(12), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("review_reason", sa.String(300), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("reviewed_at", UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("reviewed_by", BIG_ID, nullable=True))
        batch_op.create_foreign_key(
            "fk_document_files_reviewed_by_staff_members", "staff_members", ["reviewed_by"], ["id"]
        )
    with op.batch_alter_table("site_messages") as batch_op:
        batch_op.add_column(sa.Column("appointment_id", BIG_ID, nullable=True))
        batch_op.create_foreign_key(
            "fk_site_messages_appointment_id_appointments",
            "appointments",
            ["appointment_id"],
            ["id"],
            ondelete="CASCADE",
        )
        batch_op.create_index("ix_site_messages_appointment_id", ["appointment_id"])


def downgrade() -> None:
    """Take it away."""
    with op.batch_alter_table("site_messages") as batch_op:
        batch_op.drop_index("ix_site_messages_appointment_id")
        batch_op.drop_constraint("fk_site_messages_appointment_id_appointments", type_="foreignkey")
        batch_op.drop_column("appointment_id")
    with op.batch_alter_table("document_files") as batch_op:
        batch_op.drop_constraint("fk_document_files_reviewed_by_staff_members", type_="foreignkey")
        for name in ("reviewed_by", "reviewed_at", "review_reason", "review", "scan"):
            batch_op.drop_column(name)
