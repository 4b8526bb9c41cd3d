"""After how many hours somebody who did not come is written to"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("authorities", sa.Column("missed_message_hours", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Write to nobody who did not come: an earlier version does not know what it says."""
    table = sa.table("notifications", sa.column("kind"), sa.column("status"))
    waits = (table.c.status == "pending") & table.c.kind.startswith("missed", autoescape=True)
    op.execute(table.delete().where(waits))
    op.drop_column("authorities", "missed_message_hours")
