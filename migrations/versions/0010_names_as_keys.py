"""A key of each resident's name, so that many people may share a telephone"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from people.residents.details import name_key

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BATCH = 5_000
INDEXES = {"ix_residents_authority_email": "email", "ix_residents_authority_phone_key": "phone_key"}
_residents = sa.table(
    "residents", sa.column("id", sa.BigInteger()), sa.column("name", sa.String()), sa.column("name_key", sa.String())
)


def upgrade() -> None:
    op.add_column("residents", sa.Column("name_key", sa.String(32), nullable=False, server_default=""))
    _write_keys(op.get_bind())
    for index, column in INDEXES.items():
        op.drop_index(index, "residents")
        op.create_index(index, "residents", ["authority_id", column, "name_key"])


def downgrade() -> None:
    for index, column in INDEXES.items():
        op.drop_index(index, "residents")
        op.create_index(index, "residents", ["authority_id", column])
    op.drop_column("residents", "name_key")


def _write_keys(connection: sa.Connection) -> None:
    last = 0
    next_rows = sa.select(_residents.c.id, _residents.c.name).order_by(_residents.c.id).limit(BATCH)
    write = sa.update(_residents).where(_residents.c.id == sa.bindparam("row")).values(name_key=sa.bindparam("key"))
    while rows := connection.execute(next_rows.where(_residents.c.id > last)).all():
        connection.execute(write, [{"row": row.id, "key": name_key(row.name)} for row in rows])
        last = rows[-1].id
