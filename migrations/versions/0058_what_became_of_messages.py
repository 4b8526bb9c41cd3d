"""What the provider said of each message, returned letters, and texts that come in"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IS_ASKED_FOR = sa.text("ask_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("notifications", sa.Column("provider_status", sa.String(20), nullable=False, server_default=""))
    for name in ("delivered_at", "ask_at", "overdue_at"):
        op.add_column("notifications", sa.Column(name, INSTANT, nullable=True))
    op.create_index(
        "ix_notifications_ask_at",
        "notifications",
        ["ask_at"],
        postgresql_where=IS_ASKED_FOR,
        sqlite_where=IS_ASKED_FOR,
    )
    op.add_column("residents", sa.Column("letter_returned_at", INSTANT, nullable=True))
    op.create_table(
        "inbound_texts",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("provider_id", sa.String(100), nullable=False, unique=True),
        sa.Column("authority_id", BIG_ID, sa.ForeignKey("authorities.id"), nullable=False),
        sa.Column("from_number", sa.String(40), nullable=False),
        sa.Column("phone_key", sa.String(20), nullable=False),
        sa.Column("text", sa.String(2000), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("handled_at", INSTANT, nullable=True),
    )
    op.create_index("ix_inbound_texts_authority_id_handled_at", "inbound_texts", ["authority_id", "handled_at"])
    op.create_index("ix_inbound_texts_phone_key", "inbound_texts", ["phone_key"])


def downgrade() -> None:
    op.drop_table("inbound_texts")
    op.drop_column("residents", "letter_returned_at")
    op.drop_index("ix_notifications_ask_at", "notifications")
    for name in ("overdue_at", "ask_at", "delivered_at", "provider_status"):
        op.drop_column("notifications", name)
