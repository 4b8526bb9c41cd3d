"""What was said last of a desk: that somebody sits there, or that nobody does."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.column_types import UtcDateTime

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0141"
down_revision = "0160"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing has been said yet."""
    op.create_table(
        "desk_sittings",
        sa.Column("site_id", BIG_ID, nullable=False),
        sa.Column("resource_id", BIG_ID, nullable=False),
        sa.Column("authority_id", BIG_ID, nullable=False),
        sa.Column("is_taken", sa.Boolean(), nullable=False),
        sa.Column("said_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_desk_sittings_site_id_sites")),
        sa.ForeignKeyConstraint(["resource_id"], ["resources.id"], name=op.f("fk_desk_sittings_resource_id_resources")),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authorities.id"], name=op.f("fk_desk_sittings_authority_id_authorities")
        ),
        sa.PrimaryKeyConstraint("site_id", "resource_id", name=op.f("pk_desk_sittings")),
    )


def downgrade() -> None:
    """Nobody sits anywhere any more."""
    op.drop_table("desk_sittings")
