"""How people found their visit, without a link to them, and who was asked about which visit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0164"
down_revision = "0173"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody was asked yet."""
    op.add_column("visits", sa.Column("rating_nonce", sa.String(32), nullable=False, server_default=""))
    op.add_column("visits", sa.Column("rating_asked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("visits", sa.Column("is_rated", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "visit_ratings",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("authority_id", BIG_ID, nullable=False),
        sa.Column("site", sa.String(60), nullable=False),
        sa.Column("service", sa.String(60), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("mark", sa.Integer(), nullable=False),
        sa.Column("comment", sa.String(300), nullable=False, server_default=""),
        sa.CheckConstraint("mark BETWEEN 1 AND 5", name="ck_visit_ratings_mark"),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name="fk_visit_ratings_authority_id_authorities"),
        sa.PrimaryKeyConstraint("id", name="pk_visit_ratings"),
    )
    op.create_index("ix_visit_ratings_month", "visit_ratings", ["authority_id", "month"])


def downgrade() -> None:
    """What people said is not kept."""
    op.drop_table("visit_ratings")
    op.drop_column("visits", "is_rated")
    op.drop_column("visits", "rating_asked_at")
    op.drop_column("visits", "rating_nonce")
