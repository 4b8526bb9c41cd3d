"""What a council's privacy page and accessibility statement say of it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

COLUMNS = ("privacy", "accessibility")


def upgrade() -> None:
    with op.batch_alter_table("authorities") as authorities:
        for name in COLUMNS:
            authorities.add_column(sa.Column(name, sa.JSON(), nullable=False, server_default="{}"))


def downgrade() -> None:
    with op.batch_alter_table("authorities") as authorities:
        for name in reversed(COLUMNS):
            authorities.drop_column(name)
