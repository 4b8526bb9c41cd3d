"""When somebody was rung for an appointment by telephone and did not answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0160"
down_revision = "0132"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No call was noted yet."""
    op.add_column("appointments", sa.Column("unanswered_calls", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    """The calls remain in the audit log."""
    op.drop_column("appointments", "unanswered_calls")
