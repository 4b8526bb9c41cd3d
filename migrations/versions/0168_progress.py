"""How far somebody's matter has come after their visit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0168"
down_revision = "0172"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing is noted yet."""
    op.add_column("appointments", sa.Column("progress", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    """The record of changes keeps when each step was noted."""
    op.drop_column("appointments", "progress")
