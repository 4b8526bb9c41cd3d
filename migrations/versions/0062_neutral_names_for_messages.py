"""Neutral names of services for messages"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("services", sa.Column("message_name", sa.String(60), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("services", "message_name")
