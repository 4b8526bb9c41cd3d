"""Shares of a session that residents can book from a moment of their own, and who has first what comes up"""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

from migrations.column_types import UtcDateTime

revision = "0057"
down_revision = "0055"
branch_labels = None
depends_on = None
SESSIONS = ("session_templates", "dated_sessions")


def upgrade() -> None:
    for table in SESSIONS:
        op.add_column(table, sa.Column("releases", sa.JSON(), nullable=False, server_default="[]"))
        op.add_column(table, sa.Column("public_from", UtcDateTime(timezone=True)))
    for name in ("opens_same_day_early", "is_same_day_open"):
        op.add_column("services", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("sites", sa.Column("wait_seed", sa.Integer(), nullable=True))
    sites = sa.table("sites", sa.column("id", sa.BigInteger()), sa.column("wait_seed", sa.Integer()))
    connection = op.get_bind()
    for site_id in connection.scalars(sa.select(sites.c.id)).all():
        values = {"wait_seed": secrets.randbelow(1 << 30)}
        connection.execute(sa.update(sites).where(sites.c.id == site_id).values(values))
    with op.batch_alter_table("sites") as batch_op:
        batch_op.alter_column("wait_seed", existing_type=sa.Integer(), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("sites") as batch_op:
        batch_op.drop_column("wait_seed")
    with op.batch_alter_table("services") as batch_op:
        batch_op.drop_column("is_same_day_open")
        batch_op.drop_column("opens_same_day_early")
    for table in SESSIONS:
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column("public_from")
            batch_op.drop_column("releases")
