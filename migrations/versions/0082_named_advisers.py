"""The adviser whom somebody has for a service, and services for people with one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.column_types import UtcDateTime

revision = "0082"
down_revision = "0079"


def upgrade() -> None:
    """Add the table, and the column: every service is for everybody."""
    op.add_column("services", sa.Column("named_adviser", sa.String(12), nullable=False, server_default="everybody"))
    op.create_table(
        "named_advisers",
        sa.Column("id", _id(), nullable=False),
        sa.Column("authority_id", _id(), nullable=False),
        sa.Column("resident_id", _id(), nullable=False),
        sa.Column("service_id", _id(), nullable=False),
        sa.Column("resource_id", _id(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("link_nonce", sa.String(64), nullable=False),
        sa.Column("link_digest", sa.String(64), nullable=False),
        sa.Column("named_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authorities.id"], name="fk_named_advisers_authority_id_authorities"
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name="fk_named_advisers_resident_id_residents", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name="fk_named_advisers_service_id_services"),
        sa.ForeignKeyConstraint(["resource_id"], ["resources.id"], name="fk_named_advisers_resource_id_resources"),
        sa.PrimaryKeyConstraint("id", name="pk_named_advisers"),
        sa.UniqueConstraint("link_digest", name="uq_named_advisers_link_digest"),
        sa.UniqueConstraint("resident_id", "service_id", name="uq_named_advisers_resident_id_service_id"),
    )
    op.create_index("ix_named_advisers_service_id", "named_advisers", ["service_id"])
    op.create_index("ix_named_advisers_resource_id", "named_advisers", ["resource_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("named_advisers")
    with op.batch_alter_table("services") as services:
        services.drop_column("named_adviser")


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
