"""People who are told nothing of what their appointments are for"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0080"
down_revision = "0077"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column: sa.Column[bool] = sa.Column("uses_neutral_name", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("residents", column)


def downgrade() -> None:
    op.drop_column("residents", "uses_neutral_name")
