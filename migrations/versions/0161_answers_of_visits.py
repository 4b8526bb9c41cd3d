"""What somebody without an appointment answered and asked for, who they are where it is known, and from which part they come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0161"
down_revision = "0151"
branch_labels = None
depends_on = None

KEYS = (("resident_id", "residents", None), ("sent_from_id", "visits", "SET NULL"))


def upgrade() -> None:
    """Of the visits until now nothing of it is known."""
    with op.batch_alter_table("visits") as changed:
        changed.add_column(sa.Column("answers", sa.JSON(), nullable=False, server_default="{}"))
        changed.add_column(sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
        for column, table, ondelete in KEYS:
            changed.add_column(sa.Column(column, BIG_ID, nullable=True))
            changed.create_foreign_key(op.f(f"fk_visits_{column}_{table}"), table, [column], ["id"], ondelete=ondelete)
            changed.create_index(op.f(f"ix_visits_{column}"), [column])


def downgrade() -> None:
    """What was answered is lost; who it was is known by the audit alone."""
    with op.batch_alter_table("visits") as changed:
        for column, table, _ in KEYS:
            changed.drop_index(op.f(f"ix_visits_{column}"))
            changed.drop_constraint(op.f(f"fk_visits_{column}_{table}"), type_="foreignkey")
        for column in ("sent_from_id", "resident_id", "asked_at", "answers"):
            changed.drop_column(column)
