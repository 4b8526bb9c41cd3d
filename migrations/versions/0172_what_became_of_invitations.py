"""What providers and mail servers say of messages to those who are invited."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0172"
down_revision = "0177"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of messages that went out before, nothing is learnt."""
    with op.batch_alter_table("invitation_mails") as batch_op:
        batch_op.add_column(sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("ask_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("sent_as", sa.String(60), nullable=False, server_default=""))
        batch_op.create_index("ix_invitation_mails_ask_at", ["ask_at"])


def downgrade() -> None:
    """What was said is forgotten."""
    with op.batch_alter_table("invitation_mails") as batch_op:
        batch_op.drop_index("ix_invitation_mails_ask_at")
        batch_op.drop_column("sent_as")
        batch_op.drop_column("ask_at")
        batch_op.drop_column("delivered_at")
