"""Whose documents they are, so that they stay with them when an appointment is handed over to the right person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0140"
down_revision = "0129"
branch_labels = None
depends_on = None

TABLES = ("document_checks", "document_files", "certified_copies", "document_receipts")


def upgrade() -> None:
    """Until now they were of whoever has the appointment."""
    for table in TABLES:
        with op.batch_alter_table(table) as changed:
            changed.add_column(sa.Column("resident_id", BIG_ID, nullable=True))
            changed.create_foreign_key(f"fk_{table}_resident_id_residents", "residents", ["resident_id"], ["id"])
            changed.create_index(f"ix_{table}_resident_id", ["resident_id"])
        op.execute(
            f"UPDATE {table} SET resident_id = "  # noqa: S608 - the names stand above
            f"(SELECT a.resident_id FROM appointments a WHERE a.id = {table}.appointment_id)"
        )


def downgrade() -> None:
    """They are of whoever has the appointment again."""
    for table in TABLES:
        with op.batch_alter_table(table) as changed:
            changed.drop_index(f"ix_{table}_resident_id")
            changed.drop_constraint(f"fk_{table}_resident_id_residents", type_="foreignkey")
            changed.drop_column("resident_id")
