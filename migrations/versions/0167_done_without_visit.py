"""Services whose visits may not be needed once all papers are accepted, and the visits that were not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.column_types import UtcDateTime

revision = "0167"
down_revision = "0163"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Every visit is needed until a council says otherwise."""
    op.add_column("services", sa.Column("done_without_visit", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("appointments", sa.Column("not_needed_at", UtcDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """The record of changes keeps why a visit was cancelled."""
    op.drop_column("appointments", "not_needed_at")
    op.drop_column("services", "done_without_visit")
