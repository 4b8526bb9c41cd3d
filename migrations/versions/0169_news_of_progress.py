"""Whether somebody is told how far it has come after their visit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0169"
down_revision = "0164"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody has asked for it yet."""
    op.add_column("appointments", sa.Column("tells_progress", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Who reads it on the page is told nothing."""
    op.drop_column("appointments", "tells_progress")
