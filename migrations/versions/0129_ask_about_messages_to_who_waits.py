"""When a provider is asked what became of a message to somebody who waits without an appointment."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0129"
down_revision = "0128"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of what was sent before nobody is asked."""
    op.add_column("wish_mails", sa.Column("ask_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("wish_mails", sa.Column("sent_as", sa.String(60), nullable=False, server_default=""))


def downgrade() -> None:
    """Nobody is asked any more."""
    op.drop_column("wish_mails", "sent_as")
    op.drop_column("wish_mails", "ask_at")
