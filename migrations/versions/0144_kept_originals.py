"""Originals that the council keeps for a while: who took them, where they are, and how they were given back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.column_types import UtcDateTime

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "kept_originals"
OWNERS = {
    "authority_id": "authorities",
    "site_id": "sites",
    "appointment_id": "appointments",
    "visit_id": "visits",
    "resident_id": "residents",
    "staff_id": "staff_members",
    "returned_by": "staff_members",
}
CASCADING, REQUIRED = ("appointment_id", "visit_id"), ("authority_id", "site_id")

revision = "0144"
down_revision = "0143"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """None is kept yet."""
    op.create_table(
        TABLE,
        sa.Column("id", BIG_ID, nullable=False),
        *(sa.Column(column, BIG_ID, nullable=column not in REQUIRED) for column in OWNERS),
        sa.Column("document", sa.String(300), nullable=False),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("taken_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("returned_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("returned_how", sa.String(12), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.CheckConstraint("(appointment_id IS NULL) <> (visit_id IS NULL)", name=op.f(f"ck_{TABLE}_of_one")),
        *(
            sa.ForeignKeyConstraint(
                [column],
                [f"{owner}.id"],
                name=op.f(f"fk_{TABLE}_{column}_{owner}"),
                ondelete="CASCADE" if column in CASCADING else None,
            )
            for column, owner in OWNERS.items()
        ),
    )
    for column in ("authority_id", "appointment_id", "visit_id", "resident_id"):
        op.create_index(f"ix_{TABLE}_{column}", TABLE, [column])
    op.create_index(f"ix_{TABLE}_site_returned", TABLE, ["site_id", "returned_at"])


def downgrade() -> None:
    """Where originals are is on paper again."""
    op.drop_table(TABLE)
