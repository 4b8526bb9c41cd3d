"""The result of an operation is kept under its own name"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("idempotency_records", "answer", new_column_name="response")
    op.drop_column("idempotency_records", "status")


def downgrade() -> None:
    op.add_column("idempotency_records", sa.Column("status", sa.Integer(), nullable=False, server_default="200"))
    op.alter_column("idempotency_records", "response", new_column_name="answer")
