"""Keys of the telephone numbers of helpers and of single appointments, and texts that no council has"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from people.residents.details import phone_key

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

BATCH = 5_000
INSTANT = sa.DateTime(timezone=True)
KEY = sa.String(20).with_variant(sa.String(20, collation="C"), "postgresql")
# Of each table the column of the number, and that of its key.
NUMBERS = {"representatives": ("phone", "phone_key"), "appointments": ("contact_phone", "contact_phone_key")}


def upgrade() -> None:
    op.add_column("representatives", sa.Column("phone_key", KEY, nullable=False, server_default=""))
    op.add_column("appointments", sa.Column("contact_phone_key", KEY, nullable=True))
    for table, (number, key) in NUMBERS.items():
        _write_keys(op.get_bind(), table, number, key)
        op.create_index(f"ix_{table}_{key}", table, [key])
    with op.batch_alter_table("inbound_texts") as batch_op:
        batch_op.alter_column("authority_id", existing_type=sa.BigInteger(), nullable=True)
        batch_op.add_column(sa.Column("next_try_at", INSTANT, nullable=True))
    op.create_index("ix_inbound_texts_handled_at", "inbound_texts", ["handled_at"])


def downgrade() -> None:
    op.drop_index("ix_inbound_texts_handled_at", "inbound_texts")
    op.execute("DELETE FROM inbound_texts WHERE authority_id IS NULL")
    with op.batch_alter_table("inbound_texts") as batch_op:
        batch_op.drop_column("next_try_at")
        batch_op.alter_column("authority_id", existing_type=sa.BigInteger(), nullable=False)
    for table, (_number, key) in NUMBERS.items():
        op.drop_index(f"ix_{table}_{key}", table)
        op.drop_column(table, key)


def _write_keys(connection: sa.Connection, name: str, number: str, key: str) -> None:
    columns: list[sa.ColumnClause[Any]] = [sa.column("id", sa.BigInteger()), sa.column(number), sa.column(key)]
    table, last = sa.table(name, *columns), 0
    filled = sa.select(table.c.id, table.c[number]).where(table.c[number] != "").order_by(table.c.id).limit(BATCH)
    write = sa.update(table).where(table.c.id == sa.bindparam("row")).values({key: sa.bindparam("found")})
    while rows := connection.execute(filled.where(table.c.id > last)).all():
        connection.execute(write, [{"row": id_, "found": phone_key(phone)} for id_, phone in rows])
        last = rows[-1].id
