"""The words of names from their last letter to their first, so that a misspelt beginning is found by the end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0150"
down_revision = "0144"
branch_labels = None
depends_on = None

TABLE, BATCH = "resident_name_tokens", 5_000
BY_END, BY_RESIDENT = "ix_resident_name_tokens_reversed", "ix_resident_name_tokens_resident"
ONLY_RESIDENT = "ix_resident_name_tokens_resident_id"
BY_CODE_POINT = sa.String(100).with_variant(sa.String(100, collation="C"), "postgresql")
TOKENS = sa.table(
    TABLE, sa.column("id", sa.BigInteger()), sa.column("token", sa.String()), sa.column("reversed", sa.String())
)


def upgrade() -> None:
    """Write them for the words that are there, some thousands at a time."""
    with op.batch_alter_table(TABLE) as changed:
        changed.add_column(sa.Column("reversed", BY_CODE_POINT, nullable=False, server_default=""))
    connection, last = op.get_bind(), 0
    in_order = sa.select(TOKENS.c.id, TOKENS.c.token).order_by(TOKENS.c.id).limit(BATCH)
    written = sa.update(TOKENS).where(TOKENS.c.id == sa.bindparam("row")).values(reversed=sa.bindparam("letters"))
    while rows := connection.execute(in_order.where(TOKENS.c.id > last)).all():
        connection.execute(written, [{"row": row.id, "letters": row.token[::-1]} for row in rows])
        last = rows[-1].id
    op.create_index(BY_END, TABLE, ["authority_id", "reversed"])
    op.create_index(BY_RESIDENT, TABLE, ["resident_id", "token", "sound"])
    op.drop_index(ONLY_RESIDENT, TABLE)


def downgrade() -> None:
    """Words are found by their beginning again."""
    op.create_index(ONLY_RESIDENT, TABLE, ["resident_id"])
    op.drop_index(BY_RESIDENT, TABLE)
    op.drop_index(BY_END, TABLE)
    with op.batch_alter_table(TABLE) as changed:
        changed.drop_column("reversed")
