"""Where a video is joined, and who rings for a telephone appointment"""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BATCH = 5_000
ROOM_BYTES = 16
_appointments = sa.table("appointments", sa.column("id", sa.BigInteger()), sa.column("room", sa.String()))


def upgrade() -> None:
    op.add_column("sites", sa.Column("joining_address", sa.String(500), nullable=False, server_default=""))
    op.add_column("sites", sa.Column("rings_from", sa.String(100), nullable=False, server_default=""))
    op.add_column("sites", sa.Column("ring_minutes", sa.Integer(), nullable=False, server_default="15"))
    op.add_column("resources", sa.Column("joining_address", sa.String(500), nullable=False, server_default=""))
    op.add_column("appointments", sa.Column("room", sa.String(40), nullable=False, server_default=""))
    _give_rooms(op.get_bind())


def downgrade() -> None:
    op.drop_column("appointments", "room")
    op.drop_column("resources", "joining_address")
    for name in ("ring_minutes", "rings_from", "joining_address"):
        op.drop_column("sites", name)


def _give_rooms(connection: sa.Connection) -> None:
    """A room of its own for every appointment that is there already."""
    without = sa.select(_appointments.c.id).where(_appointments.c.room == "").limit(BATCH)
    write = sa.update(_appointments).where(_appointments.c.id == sa.bindparam("row")).values(room=sa.bindparam("name"))
    while ids := connection.scalars(without).all():
        connection.execute(write, [{"row": row, "name": secrets.token_hex(ROOM_BYTES)} for row in ids])
