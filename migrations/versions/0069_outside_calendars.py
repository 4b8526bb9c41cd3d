"""Calendars that people keep elsewhere"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0069"
down_revision = "0075"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "outside_calendars",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("authority_id", BIG_ID, nullable=False),
        sa.Column("resource_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("host", sa.String(260), nullable=False),
        sa.Column("sealed_address", sa.Text(), nullable=False),
        sa.Column("user", sa.String(200), nullable=False),
        sa.Column("sealed_password", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("tried_at", INSTANT, nullable=True),
        sa.Column("read_at", INSTANT, nullable=True),
        sa.Column("failing_since", INSTANT, nullable=True),
        sa.Column("failure", sa.String(20), nullable=False),
        sa.Column("content_mark", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authorities.id"], name=op.f("fk_outside_calendars_authority_id_authorities")
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_outside_calendars_resource_id_resources")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_calendars")),
    )
    op.create_index("ix_outside_calendars_authority_id", "outside_calendars", ["authority_id"])
    op.create_index("ix_outside_calendars_tried_at", "outside_calendars", ["tried_at"])


def downgrade() -> None:
    op.execute("DELETE FROM closures WHERE source = 'outside'")
    op.drop_table("outside_calendars")
