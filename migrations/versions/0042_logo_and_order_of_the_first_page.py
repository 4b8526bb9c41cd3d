"""A council's logo, and the order of the services on its first page"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("authorities", sa.Column("logo", sa.Text(), nullable=False, server_default=""))
    op.add_column("authorities", sa.Column("service_order", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("authorities", "service_order")
    op.drop_column("authorities", "logo")
