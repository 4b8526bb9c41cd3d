"""What staff did about messages that failed, addresses from which mail came back, and the ledger by the day due"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0074"
down_revision = "0072"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
# Of each table the time at which mail to its address came back.
RETURNED = {
    "residents": "email_returned_at",
    "representatives": "email_returned_at",
    "appointments": "contact_email_returned_at",
}
IS_OPEN = sa.text("status IN ('failed', 'late') AND told_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "failure_endings",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("authority_id", BIG_ID, nullable=False),
        sa.Column("notification_id", BIG_ID, nullable=False),
        sa.Column("fencing_token", sa.Integer(), nullable=False),
        sa.Column("ending", sa.String(10), nullable=False),
        sa.Column("staff_id", BIG_ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authorities.id"], name=op.f("fk_failure_endings_authority_id_authorities")
        ),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications.id"],
            name=op.f("fk_failure_endings_notification_id_notifications"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_members.id"], name=op.f("fk_failure_endings_staff_id_staff_members")
        ),
        sa.UniqueConstraint(
            "notification_id", "fencing_token", name=op.f("uq_failure_endings_notification_id_fencing_token")
        ),
    )
    for table, column in RETURNED.items():
        op.add_column(table, sa.Column(column, INSTANT, nullable=True))
    op.create_index(
        "ix_notifications_failed",
        "notifications",
        ["authority_id", "closed_at"],
        postgresql_where=IS_OPEN,
        sqlite_where=IS_OPEN,
    )
    op.create_index("ix_notifications_authority_id_due_at", "notifications", ["authority_id", "due_at"])


def downgrade() -> None:
    op.drop_index("ix_notifications_authority_id_due_at", "notifications")
    op.drop_index("ix_notifications_failed", "notifications")
    for table, column in RETURNED.items():
        op.drop_column(table, column)
    op.drop_table("failure_endings")
