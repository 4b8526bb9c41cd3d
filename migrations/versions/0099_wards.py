"""Wards with their postcodes, and the services that are for people from some of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0099"
down_revision = "0105"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No council has a ward yet, and no service is for one."""
    op.create_table(
        "wards",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("authority_id", BIG_ID, nullable=False),
        sa.Column("slug", sa.String(60), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("postcodes", sa.JSON(), nullable=False),
        sa.Column("translations", sa.JSON(), nullable=False, server_default="{}"),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name="fk_wards_authority_id_authorities"),
        sa.PrimaryKeyConstraint("id", name="pk_wards"),
        sa.UniqueConstraint("authority_id", "slug", name="uq_wards_authority_id_slug"),
    )
    op.add_column("services", sa.Column("wards", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    """Services are for the areas that they name, or for everybody."""
    with op.batch_alter_table("services") as batch_op:
        batch_op.drop_column("wards")
    op.drop_table("wards")
