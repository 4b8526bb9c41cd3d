"""In which form somebody reads what we write, and who makes what goes out in such a form"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.column_types import UtcDateTime

revision = "0095"
down_revision = "0100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("residents", sa.Column("letter_format", sa.String(20), nullable=False, server_default=""))
    op.execute("UPDATE residents SET letter_format = 'large_print' WHERE large_print")
    with op.batch_alter_table("residents") as batch_op:
        batch_op.drop_column("large_print")
    op.create_table(
        "hand_made_tasks",
        sa.Column("notification_id", _id(), nullable=False, autoincrement=False),
        sa.Column("staff_id", _id(), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications.id"],
            name="fk_hand_made_tasks_notification_id_notifications",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_members.id"], name="fk_hand_made_tasks_staff_id_staff_members"),
        sa.PrimaryKeyConstraint("notification_id", name="pk_hand_made_tasks"),
    )
    where = sa.text("status = 'pending' AND channel = 'by_hand'")
    op.create_index(
        "ix_notifications_to_make",
        "notifications",
        ["authority_id", "useful_until"],
        postgresql_where=where,
        sqlite_where=where,
    )


def downgrade() -> None:
    op.drop_index("ix_notifications_to_make", table_name="notifications")
    op.drop_table("hand_made_tasks")
    op.add_column("residents", sa.Column("large_print", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE residents SET large_print = TRUE WHERE letter_format = 'large_print'")
    with op.batch_alter_table("residents") as batch_op:
        batch_op.drop_column("letter_format")


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
