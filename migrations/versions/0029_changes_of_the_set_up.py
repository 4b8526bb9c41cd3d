"""Changes of the set-up: who, when, what before and after"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "set_up_changes",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("authority_id", BIG_ID, sa.ForeignKey("authorities.id"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(20), nullable=False),
        sa.Column("actor_id", BIG_ID),
        sa.Column("actor_name", sa.String(200), nullable=False),
        sa.Column("change_set", sa.String(16), nullable=False),
        sa.Column("thing", sa.String(200), nullable=False),
        sa.Column("before", sa.JSON),
        sa.Column("after", sa.JSON),
    )
    op.create_index("ix_set_up_changes_authority_id_thing", "set_up_changes", ["authority_id", "thing"])


def downgrade() -> None:
    op.drop_table("set_up_changes")
