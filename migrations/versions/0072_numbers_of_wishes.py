"""How many of what a service counts somebody waits for, which makes their visit longer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0064"


def upgrade() -> None:
    """Add the column."""
    op.add_column("wishes", sa.Column("numbers", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    """Drop it."""
    with op.batch_alter_table("wishes") as wishes:
        wishes.drop_column("numbers")
