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


RECORDS = sa.table("idempotency_records", sa.column("id", sa.BigInteger()), sa.column("response", sa.JSON()))


def upgrade() -> None:
    for table, old, new in RENAMED:
        op.alter_column(table, old, new_column_name=new)
    op.drop_column("idempotency_records", "status")
    _rename_in_responses("offer", "slot_token")


def downgrade() -> None:
    _rename_in_responses("slot_token", "offer")
    op.add_column("idempotency_records", sa.Column("status", sa.Integer(), nullable=False, server_default="200"))
    for table, old, new in RENAMED:
        op.alter_column(table, new, new_column_name=old)


def _rename_in_responses(old: str, new: str) -> None:
    """A program that repeats its key after the upgrade still gets the first result."""
    connection = op.get_bind()
    for id_, response in connection.execute(sa.select(RECORDS.c.id, RECORDS.c.response)).all():
        if old in response:
            renamed = {new if name == old else name: value for name, value in response.items()}
            connection.execute(RECORDS.update().where(RECORDS.c.id == id_).values(response=renamed))
