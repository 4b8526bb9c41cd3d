"""Other times for whoever does not fit the plan any more, without a closure"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("rebook_items") as batch_op:
        batch_op.add_column(sa.Column("offers_wanted_at", sa.DateTime(timezone=True), nullable=True))
    # Until now such an item kept the state that it had when its appointment fitted again.
    items = sa.table("rebook_items", *(sa.column(name) for name in ("state", "closed_at")))
    is_over = items.c.closed_at.is_not(None) & items.c.state.in_(("to_ring", "offered", "declined"))
    op.execute(items.update().where(is_over).values(state="kept"))


def downgrade() -> None:
    with op.batch_alter_table("rebook_items") as batch_op:
        batch_op.drop_column("offers_wanted_at")
