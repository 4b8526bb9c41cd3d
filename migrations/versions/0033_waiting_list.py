"""Wishes for earlier times, and proposals that answer them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

IS_OPEN = sa.text("closed_at IS NULL")
IS_OPEN_PROPOSAL = sa.text("state = 'open'")
FOR_SOMEBODY = "appointment_id IS NOT NULL OR wish_id IS NOT NULL"
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _make_wishes()
    with op.batch_alter_table("proposals") as batch_op:
        batch_op.alter_column("appointment_id", existing_type=BIG_ID, nullable=True)
        batch_op.add_column(sa.Column("wish_id", BIG_ID, nullable=True))
        batch_op.add_column(sa.Column("is_rung", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("passed", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.create_foreign_key(
            op.f("fk_proposals_wish_id_wishes"), "wishes", ["wish_id"], ["id"], ondelete="CASCADE"
        )
        batch_op.create_check_constraint(op.f("ck_proposals_for_somebody"), FOR_SOMEBODY)
    op.create_index(op.f("ix_proposals_wish_id"), "proposals", ["wish_id"])
    op.create_index(
        "uq_proposals_open_wish",
        "proposals",
        ["wish_id"],
        unique=True,
        postgresql_where=IS_OPEN_PROPOSAL,
        sqlite_where=IS_OPEN_PROPOSAL,
    )


def _make_wishes() -> None:
    op.create_table(
        "wishes",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("authority_id", BIG_ID, nullable=False),
        sa.Column("resident_id", BIG_ID, nullable=False),
        sa.Column("appointment_id", BIG_ID, nullable=True),
        sa.Column("service_ids", sa.JSON(), nullable=False),
        sa.Column("site_ids", sa.JSON(), nullable=False),
        sa.Column("weekdays", sa.JSON(), nullable=False),
        sa.Column("from_time", sa.Time(), nullable=True),
        sa.Column("to_time", sa.Time(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("unanswered", sa.Integer(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("told_at", INSTANT, nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_wishes_authority_id_authorities")),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_wishes_resident_id_residents")),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointments.id"],
            name=op.f("fk_wishes_appointment_id_appointments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wishes")),
    )
    op.create_index(op.f("ix_wishes_resident_id"), "wishes", ["resident_id"])
    op.create_index(op.f("ix_wishes_closed_at"), "wishes", ["closed_at"])
    op.create_index("ix_wishes_authority_asked", "wishes", ["authority_id", "asked_at"])
    op.create_index(
        "uq_wishes_open", "wishes", ["appointment_id"], unique=True, postgresql_where=IS_OPEN, sqlite_where=IS_OPEN
    )


def downgrade() -> None:
    proposals = sa.table("proposals", sa.column("appointment_id"), sa.column("wish_id"))
    op.execute(proposals.delete().where(proposals.c.wish_id.is_not(None)))
    op.drop_index("uq_proposals_open_wish", table_name="proposals")
    op.drop_index(op.f("ix_proposals_wish_id"), table_name="proposals")
    with op.batch_alter_table("proposals") as batch_op:
        batch_op.drop_constraint(op.f("ck_proposals_for_somebody"), type_="check")
        batch_op.drop_constraint(op.f("fk_proposals_wish_id_wishes"), type_="foreignkey")
        for column in ("passed", "is_rung", "wish_id"):
            batch_op.drop_column(column)
        batch_op.alter_column("appointment_id", existing_type=BIG_ID, nullable=False)
    op.drop_table("wishes")
