"""For whom a service is, by where people live; and since when what is kept for the day itself is for everybody."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.column_types import UtcDateTime

revision = "0073"
down_revision = "0069"
COLUMNS = ("catchment", "catchment_kind", "catchment_instead", "catchment_may_be_passed", "same_day_opened_at")


def upgrade() -> None:
    """Add the columns: every service is for everybody."""
    op.add_column("services", sa.Column("catchment", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("services", sa.Column("catchment_kind", sa.String(12), nullable=False, server_default="rule"))
    op.add_column("services", sa.Column("catchment_instead", sa.Text(), nullable=False, server_default=""))
    op.add_column(
        "services", sa.Column("catchment_may_be_passed", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    op.add_column("services", sa.Column("same_day_opened_at", UtcDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Drop them."""
    with op.batch_alter_table("services") as services:
        for column in COLUMNS:
            services.drop_column(column)
