"""Urgent requests, which need the name of a member of staff, and the emails that say that nobody has taken one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0135"
down_revision = "0131"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Nothing urgent was asked yet, and no council has named anybody."""
    op.create_table(
        "urgent_requests",
        sa.Column("id", BIG, nullable=False),
        sa.Column("authority_id", BIG, nullable=False),
        sa.Column("resident_id", BIG, nullable=True),
        sa.Column("asked_key", sa.String(32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("triage", sa.String(60), nullable=False),
        sa.Column("meanings", sa.JSON(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("later", sa.Text(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("phone", sa.String(40), nullable=False),
        sa.Column("left_page", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("staff_id", BIG, nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alerted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name="fk_urgent_requests_authority_id"),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name="fk_urgent_requests_resident_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_members.id"], name="fk_urgent_requests_staff_id"),
        sa.PrimaryKeyConstraint("id", name="pk_urgent_requests"),
    )
    columns = ["authority_id", "closed_at", "asked_at"]
    op.create_index("ix_urgent_requests_authority_closed", "urgent_requests", columns)
    op.create_index("ix_urgent_requests_asked_key", "urgent_requests", ["authority_id", "asked_key"])
    op.create_index("ix_urgent_requests_resident_id", "urgent_requests", ["resident_id"])
    op.create_table(
        "urgent_alerts",
        sa.Column("id", BIG, nullable=False),
        sa.Column("authority_id", BIG, nullable=False),
        sa.Column("request_id", BIG, nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name="fk_urgent_alerts_authority_id"),
        sa.PrimaryKeyConstraint("id", name="pk_urgent_alerts"),
    )
    op.create_index("ix_urgent_alerts_state_due_at", "urgent_alerts", ["state", "due_at"])
    op.add_column("authorities", sa.Column("urgent_email", sa.String(254), nullable=False, server_default=""))


def downgrade() -> None:
    """What was asked is not known any more."""
    op.drop_column("authorities", "urgent_email")
    op.drop_table("urgent_alerts")
    op.drop_table("urgent_requests")
