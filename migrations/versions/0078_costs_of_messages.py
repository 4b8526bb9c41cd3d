"""What messages cost, how much of each was sent, and the kinds that a council has switched off"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0078"
down_revision = "0084"
branch_labels = None
depends_on = None

PRICES = ("text_pence", "letter_pence", "missed_visit_pounds")


def upgrade() -> None:
    for name in PRICES:
        op.add_column("authorities", sa.Column(name, sa.String(7), server_default="", nullable=False))
    op.add_column("authorities", sa.Column("kinds_off", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("notifications", sa.Column("units_sent", sa.Integer(), nullable=True))


def downgrade() -> None:
    """What was switched off stays void, for a reason that an earlier version knows."""
    table = sa.table("notifications", sa.column("status"), sa.column("reason"))
    void = (table.c.status == "void") & (table.c.reason == "switched_off")
    op.execute(table.update().where(void).values(reason="superseded"))
    op.drop_column("notifications", "units_sent")
    for name in ("kinds_off", *reversed(PRICES)):
        op.drop_column("authorities", name)
