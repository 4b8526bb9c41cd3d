"""Sites and services that end for good, and where to go instead"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

TABLES = ("sites", "services")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("closed_from", sa.Date(), nullable=True))
        op.add_column(table, sa.Column("successor", sa.String(60), nullable=False, server_default=""))
        op.add_column(table, sa.Column("where_to_go", sa.String(500), nullable=False, server_default=""))


def downgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            for name in ("where_to_go", "successor", "closed_from"):
                batch.drop_column(name)
