"""Columns by the names that the code uses"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

RENAMED = (
    ("holds", "offer", "slot_token"),
    ("appointments", "offer", "slot_token"),
    ("rebook_items", "settled_at", "closed_at"),
    ("notifications", "settled_at", "closed_at"),
    ("idempotency_records", "answer", "response"),
)


def upgrade() -> None:
    for table, old, new in RENAMED:
        op.alter_column(table, old, new_column_name=new)
    op.drop_column("idempotency_records", "status")


def downgrade() -> None:
    op.add_column("idempotency_records", sa.Column("status", sa.Integer(), nullable=False, server_default="200"))
    for table, old, new in RENAMED:
        op.alter_column(table, new, new_column_name=old)
