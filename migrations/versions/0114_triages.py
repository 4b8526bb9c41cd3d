"""Trees of questions in front of services."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0114"
down_revision = "0101"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No council has a triage yet."""
    op.create_table(
        "triages",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("authority_id", BIG_ID, nullable=False),
        sa.Column("slug", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("services", sa.JSON(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("front_page", sa.Boolean(), nullable=False),
        sa.Column("first", sa.String(60), nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("outcomes", sa.JSON(), nullable=False),
        sa.Column("translations", sa.JSON(), nullable=False, server_default="{}"),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name="fk_triages_authority_id_authorities"),
        sa.PrimaryKeyConstraint("id", name="pk_triages"),
        sa.UniqueConstraint("authority_id", "slug", name="uq_triages_authority_id_slug"),
    )


def downgrade() -> None:
    """Services are booked without questions first."""
    op.drop_table("triages")
