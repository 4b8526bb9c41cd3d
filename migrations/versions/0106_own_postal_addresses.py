"""A postal address of one appointment and of who acts for somebody, and that texts to the latter are not wanted"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0106"
down_revision = "0114"
branch_labels = None
depends_on = None

COLUMNS = {
    "appointments": ("contact_postal", "contact_postal_returned_at"),
    "hand_overs": ("contact_postal",),
    "representatives": ("address", "postcode", "do_not_text", "letter_returned_at"),
}


def upgrade() -> None:
    postal = sa.String(330)
    op.add_column("appointments", sa.Column("contact_postal", postal, nullable=True))
    op.add_column("appointments", sa.Column("contact_postal_returned_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("hand_overs", sa.Column("contact_postal", postal, nullable=True))
    texts = {"address": sa.String(310), "postcode": sa.String(10)}
    for name, kind in texts.items():
        op.add_column("representatives", sa.Column(name, kind, nullable=False, server_default=""))
    op.add_column("representatives", sa.Column("do_not_text", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("representatives", sa.Column("letter_returned_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for table, names in COLUMNS.items():
        with op.batch_alter_table(table) as batch_op:
            for name in names:
                batch_op.drop_column(name)
