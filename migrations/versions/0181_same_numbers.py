"""An invitation says that another appointment has its number."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0181"
down_revision = "0188"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No number has two yet."""
    op.add_column("invitations", sa.Column("same_number", sa.String(12), nullable=False, server_default=""))


def downgrade() -> None:
    """Nobody is told of two."""
    with op.batch_alter_table("invitations") as changed:
        changed.drop_column("same_number")
