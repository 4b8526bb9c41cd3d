"""Somebody who is at a desk occupies it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.column_types import UtcDateTime

revision = "0131"
down_revision = "0127"
branch_labels = None
depends_on = None

ONE_OWNER = (
    "(CASE WHEN hold_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN appointment_id IS NULL THEN 0 ELSE 1 END)"
    " + (CASE WHEN visit_id IS NULL THEN 0 ELSE 1 END) = 1"
)
ONE_OWNER_BEFORE = "(hold_id IS NULL) <> (appointment_id IS NULL)"
OF_VISIT = "fk_allocations_visit_id"


def upgrade() -> None:
    """Whoever is at a desk occupies it as soon as the scheduler looks, or as somebody records a step of their visit."""
    with op.batch_alter_table("allocations", copy_from=_allocations(ONE_OWNER_BEFORE)) as batch_op:
        batch_op.add_column(sa.Column("visit_id", _big_id(), nullable=True))
        batch_op.create_foreign_key(op.f(OF_VISIT), "visits", ["visit_id"], ["id"], ondelete="CASCADE")
        batch_op.create_index(op.f("ix_allocations_visit_id"), ["visit_id"])
        batch_op.drop_constraint(op.f("ck_allocations_one_owner"), type_="check")
        batch_op.create_check_constraint(op.f("ck_allocations_one_owner"), ONE_OWNER)


def downgrade() -> None:
    """Visits occupy nothing any more."""
    op.execute("DELETE FROM claims WHERE allocation_id IN (SELECT id FROM allocations WHERE visit_id IS NOT NULL)")
    op.execute("DELETE FROM allocations WHERE visit_id IS NOT NULL")
    of_visit = sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f(OF_VISIT), ondelete="CASCADE")
    more = (sa.Column("visit_id", _big_id()), of_visit, sa.Index("ix_allocations_visit_id", "visit_id"))
    with op.batch_alter_table("allocations", copy_from=_allocations(ONE_OWNER, *more)) as batch_op:
        batch_op.drop_constraint(op.f("ck_allocations_one_owner"), type_="check")
        batch_op.create_check_constraint(op.f("ck_allocations_one_owner"), ONE_OWNER_BEFORE)
        batch_op.drop_index(op.f("ix_allocations_visit_id"))
        batch_op.drop_constraint(op.f(OF_VISIT), type_="foreignkey")
        batch_op.drop_column("visit_id")


def _allocations(one_owner: str, *more: sa.schema.SchemaItem) -> sa.Table:
    """The table as it stands, for SQLite, which makes it anew and cannot tell its checks."""
    return sa.Table(
        "allocations",
        sa.MetaData(),
        sa.Column("id", _big_id(), nullable=False),
        sa.Column("site_id", _big_id(), nullable=False),
        sa.Column("resource_id", _big_id(), nullable=False),
        sa.Column("seat", sa.Integer(), nullable=False),
        sa.Column("first_unit", _big_id(), nullable=False),
        sa.Column("last_unit", _big_id(), nullable=False),
        sa.Column("service_id", _big_id(), nullable=False),
        sa.Column("hold_id", _big_id(), nullable=True),
        sa.Column("appointment_id", _big_id(), nullable=True),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(one_owner, name=op.f("ck_allocations_one_owner")),
        sa.CheckConstraint("(hold_id IS NULL) = (expires_at IS NULL)", name=op.f("ck_allocations_holds_expire")),
        sa.CheckConstraint("first_unit < last_unit", name=op.f("ck_allocations_period")),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointments.id"], name=op.f("fk_allocations_appointment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name=op.f("fk_allocations_hold_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["resource_id"], ["resources.id"], name=op.f("fk_allocations_resource_id")),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_allocations_service_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_allocations_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocations")),
        sa.Index("ix_allocations_appointment_id", "appointment_id"),
        sa.Index("ix_allocations_hold_id", "hold_id"),
        sa.Index("ix_allocations_resource", "resource_id", "first_unit"),
        sa.Index("ix_allocations_search", "site_id", "first_unit", "resource_id", "seat", "last_unit", "expires_at"),
        *more,
    )


def _big_id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
