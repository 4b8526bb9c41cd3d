"""A council asks its staff why they look at a resident."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0188"
down_revision = "0190"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody is asked until a council wants it."""
    op.add_column("authorities", sa.Column("ask_why_looking", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """The wish is not kept."""
    op.drop_column("authorities", "ask_why_looking")
