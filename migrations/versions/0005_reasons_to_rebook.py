"""Reasons to rebook beside closures"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OPEN_WITHOUT_CLOSURE = sa.text("closure_id IS NULL AND closed_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("rebook_items") as batch_op:
        batch_op.add_column(sa.Column("reason", sa.String(length=20), nullable=False, server_default="closure"))
        batch_op.alter_column("closure_id", existing_type=_id(), nullable=True)
        batch_op.create_check_constraint(
            op.f("ck_rebook_items_closure"), "(closure_id IS NULL) = (reason <> 'closure')"
        )
    with op.batch_alter_table("rebook_items") as batch_op:
        batch_op.alter_column("reason", existing_type=sa.String(length=20), server_default=None)
        batch_op.create_index(
            "uq_rebook_items_open",
            ["appointment_id"],
            unique=True,
            postgresql_where=OPEN_WITHOUT_CLOSURE,
            sqlite_where=OPEN_WITHOUT_CLOSURE,
        )


def downgrade() -> None:
    items = sa.table("rebook_items", sa.column("closure_id"))
    op.execute(items.delete().where(items.c.closure_id.is_(None)))  # nothing says before why they are listed
    with op.batch_alter_table("rebook_items") as batch_op:
        batch_op.drop_index("uq_rebook_items_open")
        batch_op.drop_constraint(op.f("ck_rebook_items_closure"), type_="check")
        batch_op.alter_column("closure_id", existing_type=_id(), nullable=False)
        batch_op.drop_column("reason")


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
