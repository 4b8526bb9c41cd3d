"""Other words for a service, in which people look for it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("services", sa.Column("also_called", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("services", "also_called")
