"""Of each try the message in which it was made, where that told several appointments of a day"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0076"
down_revision = "0082"
branch_labels = None
depends_on = None

NAME = "fk_delivery_attempts_joined_to_notifications"
IS_JOINED = sa.text("joined_to IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("delivery_attempts") as table:
        table.add_column(sa.Column("joined_to", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        table.create_foreign_key(NAME, "notifications", ["joined_to"], ["id"], ondelete="SET NULL")
    op.create_index(
        "ix_delivery_attempts_joined_to",
        "delivery_attempts",
        ["joined_to"],
        postgresql_where=IS_JOINED,
        sqlite_where=IS_JOINED,
    )


def downgrade() -> None:
    """Forget it: what was told in one message then stands there as told by itself."""
    op.drop_index("ix_delivery_attempts_joined_to", "delivery_attempts")
    with op.batch_alter_table("delivery_attempts") as table:
        table.drop_constraint(NAME, type_="foreignkey")
        table.drop_column("joined_to")
