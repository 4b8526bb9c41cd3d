"""Which adviser of the plan a member of staff is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0087"
down_revision = "0092"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staff_advisers",
        sa.Column("staff_id", _id(), nullable=False, autoincrement=False),
        sa.Column("resource_id", _id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_members.id"], name="fk_staff_advisers_staff_id_staff_members", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name="fk_staff_advisers_resource_id_resources", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("staff_id", name="pk_staff_advisers"),
    )
    op.create_index("ix_staff_advisers_resource_id", "staff_advisers", ["resource_id"])


def downgrade() -> None:
    op.drop_index("ix_staff_advisers_resource_id", table_name="staff_advisers")
    op.drop_table("staff_advisers")


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
