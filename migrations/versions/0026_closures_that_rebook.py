"""Closures of services, topics and modes, and other times that are proposed after them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    with op.batch_alter_table("closures") as batch_op:
        batch_op.add_column(sa.Column("service_id", _id(), nullable=True))
        batch_op.add_column(sa.Column("topic", sa.String(length=100), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("mode", sa.String(length=12), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("source", sa.String(length=10), nullable=False, server_default="file"))
        batch_op.add_column(sa.Column("offers_wanted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(op.f("fk_closures_service_id_services"), "services", ["service_id"], ["id"])
    with op.batch_alter_table("rebook_items") as batch_op:
        batch_op.add_column(sa.Column("state", sa.String(length=12), nullable=False, server_default="to_ring"))
        batch_op.add_column(sa.Column("sought_at", sa.DateTime(timezone=True), nullable=True))
    _name_states()
    op.create_table(
        "proposals",
        sa.Column("id", _id(), nullable=False),
        sa.Column("authority_id", _id(), nullable=False),
        sa.Column("appointment_id", _id(), nullable=False),
        sa.Column("rebook_item_id", _id(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("slot_token", sa.String(length=300), nullable=False),
        sa.Column("hold_id", _id(), nullable=True),
        sa.Column("hold_nonce", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authorities.id"], name=op.f("fk_proposals_authority_id_authorities")
        ),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointments.id"],
            name=op.f("fk_proposals_appointment_id_appointments"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["rebook_item_id"],
            ["rebook_items.id"],
            name=op.f("fk_proposals_rebook_item_id_rebook_items"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["hold_id"], ["holds.id"], name=op.f("fk_proposals_hold_id_holds"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )
    for column in ("appointment_id", "rebook_item_id", "hold_id", "answer_by"):
        op.create_index(op.f(f"ix_proposals_{column}"), "proposals", [column])
    op.create_index(
        "uq_proposals_open", "proposals", ["appointment_id"], unique=True, postgresql_where=OPEN, sqlite_where=OPEN
    )


def downgrade() -> None:
    op.drop_table("proposals")
    with op.batch_alter_table("rebook_items") as batch_op:
        batch_op.drop_column("sought_at")
        batch_op.drop_column("state")
    closures = sa.table("closures", *(sa.column(name) for name in ("service_id", "topic", "mode", "lifted_at")))
    # Before, a closure shut everything and was in force: one that shuts less, or none, would shut too much.
    op.execute(
        closures.delete().where(
            closures.c.service_id.is_not(None)
            | (closures.c.topic != "")
            | (closures.c.mode != "")
            | closures.c.lifted_at.is_not(None)
        )
    )
    with op.batch_alter_table("closures") as batch_op:
        batch_op.drop_constraint(op.f("fk_closures_service_id_services"), type_="foreignkey")
        for column in ("lifted_at", "offers_wanted_at", "source", "mode", "topic", "service_id"):
            batch_op.drop_column(column)


def _name_states() -> None:
    """What became of the appointments whose items are closed already."""
    items = sa.table("rebook_items", sa.column("state"), sa.column("closed_at"), sa.column("appointment_id"))
    appointments = sa.table("appointments", sa.column("id"), sa.column("state"))
    cancelled = sa.select(appointments.c.id).where(
        appointments.c.state.in_(("cancelled_by_resident", "cancelled_by_authority"))
    )
    op.execute(items.update().where(items.c.closed_at.is_not(None)).values(state="moved"))
    op.execute(
        items.update()
        .where(items.c.closed_at.is_not(None), items.c.appointment_id.in_(cancelled))
        .values(state="cancelled")
    )


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
