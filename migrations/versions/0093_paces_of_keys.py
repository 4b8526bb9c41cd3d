"""The pace of a provider's key, which all processes and hosts keep together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.column_types import UtcDateTime

revision = "0093"
down_revision = "0085"


def upgrade() -> None:
    """A row for each key, under a digest of it."""
    op.create_table(
        "key_paces",
        sa.Column("key_digest", sa.String(64), primary_key=True),
        sa.Column("free_at", UtcDateTime(), nullable=False),
        sa.Column("paused_until", UtcDateTime(), nullable=True),
    )


def downgrade() -> None:
    """Each process keeps a pace of its own again."""
    op.drop_table("key_paces")
