"""Programs are told of changes of appointments, each as far as it has taken them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0192"
down_revision = "0181"
branch_labels = None
depends_on = None

COLUMNS = ("read_up_to", "turn", "turn_ends_at", "tries", "next_try_at", "failing_since", "failure")


def upgrade() -> None:
    """No address that is there wants to be told of appointments."""
    at = sa.DateTime(timezone=True)
    op.add_column("webhooks", sa.Column("read_up_to", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("webhooks", sa.Column("turn", sa.Integer(), server_default="0", nullable=False))
    op.add_column("webhooks", sa.Column("turn_ends_at", at, nullable=True))
    op.add_column("webhooks", sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
    op.add_column("webhooks", sa.Column("next_try_at", at, nullable=True))
    op.add_column("webhooks", sa.Column("failing_since", at, nullable=True))
    op.add_column("webhooks", sa.Column("failure", sa.String(20), server_default="", nullable=False))


def downgrade() -> None:
    """Nobody is told of appointments."""
    with op.batch_alter_table("webhooks") as changed:
        for name in COLUMNS:
            changed.drop_column(name)
