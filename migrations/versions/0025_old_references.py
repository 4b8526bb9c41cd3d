"""References that appointments had in another system"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.column_types import UtcDateTime

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "old_references",
        sa.Column("id", BIG, nullable=False),
        sa.Column("authority_id", BIG, nullable=False),
        sa.Column("key", sa.String(60), nullable=False),
        sa.Column("reference", sa.String(60), nullable=False),
        sa.Column("appointment_id", BIG, nullable=False),
        sa.Column("content_mark", sa.String(64), nullable=False),
        sa.Column("imported_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_old_references_authority_id")),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointments.id"], name=op.f("fk_old_references_appointment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_old_references")),
        sa.UniqueConstraint("authority_id", "key", name=op.f("uq_old_references_authority_id_key")),
        sa.UniqueConstraint("appointment_id", name=op.f("uq_old_references_appointment_id")),
    )
    op.add_column("link_requests", sa.Column("typed", sa.String(100), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("link_requests", "typed")
    op.drop_table("old_references")
