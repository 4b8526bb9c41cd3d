"""Postal addresses of residents, and who wants letters in large print"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("residents", sa.Column("address", sa.String(310), nullable=False, server_default=""))
    op.add_column("residents", sa.Column("large_print", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("residents") as batch_op:
        batch_op.drop_column("large_print")
        batch_op.drop_column("address")
