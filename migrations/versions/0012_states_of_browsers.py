"""What is kept for a browser for a while: drafts of bookings, appointments opened by a link"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "browser_states",
        sa.Column("browser_digest", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("value", sa.JSON, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("browser_digest", "name", name=op.f("pk_browser_states")),
    )
    op.create_index("ix_browser_states_expires_at", "browser_states", ["expires_at"])


def downgrade() -> None:
    op.drop_table("browser_states")
