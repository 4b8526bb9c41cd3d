"""Displays that sound and speak."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0142"
down_revision = "0141"
branch_labels = None
depends_on = None

COLUMNS = ("display_sounds", "display_speaks")


def upgrade() -> None:
    """No display makes a sound until the council says so."""
    for name in COLUMNS:
        op.add_column("sites", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Displays are silent again."""
    for name in reversed(COLUMNS):
        op.drop_column("sites", name)
