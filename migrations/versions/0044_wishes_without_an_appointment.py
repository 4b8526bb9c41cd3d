"""Wishes that somebody leaves online without an appointment, and the emails about them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
COLUMNS = ("link_digest", "link_nonce", "origin", "told_by", "support_needs")


def upgrade() -> None:
    with op.batch_alter_table("wishes") as batch_op:
        batch_op.add_column(sa.Column("support_needs", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("told_by", sa.String(length=10), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("origin", sa.String(length=64), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("link_nonce", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("link_digest", sa.String(length=64), nullable=True))
        batch_op.create_unique_constraint(op.f("uq_wishes_link_digest"), ["link_digest"])
    op.create_table(
        "wish_mails",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("authority_id", BIG_ID, nullable=False),
        sa.Column("wish_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authorities.id"], name=op.f("fk_wish_mails_authority_id_authorities")
        ),
        sa.ForeignKeyConstraint(
            ["wish_id"], ["wishes.id"], name=op.f("fk_wish_mails_wish_id_wishes"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wish_mails")),
        sa.UniqueConstraint("wish_id", "kind", "number", name=op.f("uq_wish_mails_wish_id_kind_number")),
    )
    op.create_index("ix_wish_mails_state_due_at", "wish_mails", ["state", "due_at"])


def downgrade() -> None:
    op.drop_table("wish_mails")
    with op.batch_alter_table("wishes") as batch_op:
        batch_op.drop_constraint(op.f("uq_wishes_link_digest"), type_="unique")
        for column in COLUMNS:
            batch_op.drop_column(column)
