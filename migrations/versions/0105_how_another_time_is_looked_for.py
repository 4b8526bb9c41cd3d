"""How another time is looked for when a visit cannot take place"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0105"
down_revision = "0098"
branch_labels = None
depends_on = None

COLUMNS = {"rebook_within_miles": "10", "rebook_answer_hours": "48", "rebook_notice_hours": "3"}


def upgrade() -> None:
    for name, default in COLUMNS.items():
        op.add_column("authorities", sa.Column(name, sa.Integer(), nullable=False, server_default=default))


def downgrade() -> None:
    with op.batch_alter_table("authorities") as batch_op:
        for name in COLUMNS:
            batch_op.drop_column(name)
