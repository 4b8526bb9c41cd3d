"""Whether a display may show somebody's first name when they are called."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0122"
down_revision = "0115"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody has said so yet."""
    op.add_column("visits", sa.Column("shows_name", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Displays show tickets."""
    with op.batch_alter_table("visits") as batch:
        batch.drop_column("shows_name")
