"""Appointments by video for which somebody is rung instead."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0127"
down_revision = "0118"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody has asked for a call instead yet."""
    op.add_column("appointments", sa.Column("ring_instead_version", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Whoever asked for a call is waited for in the video again."""
    op.drop_column("appointments", "ring_instead_version")
