"""Wishes for an earlier time with one adviser alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0128"
down_revision = "0139"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Everybody who waits so far comes to anybody."""
    with op.batch_alter_table("wishes") as batch:
        batch.add_column(sa.Column("adviser_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch.create_foreign_key(batch.f("fk_wishes_adviser_id_resources"), "resources", ["adviser_id"], ["id"])
    op.create_index("ix_wishes_adviser_id", "wishes", ["adviser_id"])


def downgrade() -> None:
    """Whoever waits for one adviser waits for anybody again."""
    op.drop_index("ix_wishes_adviser_id", "wishes")
    with op.batch_alter_table("wishes") as batch:
        batch.drop_constraint(batch.f("fk_wishes_adviser_id_resources"), type_="foreignkey")
        batch.drop_column("adviser_id")
