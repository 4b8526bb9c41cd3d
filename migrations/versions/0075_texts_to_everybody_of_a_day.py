"""Texts of staff to everybody who is booked at a site on a day"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from migrations.column_types import UtcDateTime

revision = "0075"
down_revision = "0068"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "site_messages",
        sa.Column("id", _id(), nullable=False),
        sa.Column("authority_id", _id(), nullable=False),
        sa.Column("site_id", _id(), nullable=False),
        sa.Column("service_id", _id(), nullable=True),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("text_cy", sa.String(500), nullable=False),
        sa.Column("sent_by", sa.String(200), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name="fk_site_messages_authority_id_authorities"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_site_messages_site_id_sites", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name="fk_site_messages_service_id_services", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_site_messages"),
    )
    op.create_index("ix_site_messages_authority_id_local_date", "site_messages", ["authority_id", "local_date"])


def downgrade() -> None:
    """Drop them. What has not been sent of them never is: an earlier version does not know what it says."""
    names = ("kind", "status", "reason")
    instants = (sa.column(name, UtcDateTime(timezone=True)) for name in ("closed_at", "lease_until"))
    table = sa.table("notifications", *(sa.column(name) for name in names), *instants)
    pending = (table.c.status == "pending") & table.c.kind.startswith("site_message", autoescape=True)
    values = {"status": "void", "reason": "superseded", "closed_at": datetime.now(UTC), "lease_until": None}
    op.execute(table.update().where(pending).values(values))
    op.drop_table("site_messages")


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
