"""When an account of staff was deactivated"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
MEMBERS = sa.table(
    "staff_members", sa.column("id"), sa.column("is_active", sa.Boolean), sa.column("deactivated_at", INSTANT)
)
ENTRIES = sa.table(
    "audit_entries", sa.column("at", INSTANT), *(sa.column(name) for name in ("action", "subject_kind", "subject_id"))
)


def upgrade() -> None:
    op.add_column("staff_members", sa.Column("deactivated_at", INSTANT, nullable=True))
    of_member = (ENTRIES.c.subject_kind == "staff", ENTRIES.c.subject_id == MEMBERS.c.id)
    recorded = sa.select(sa.func.max(ENTRIES.c.at)).where(ENTRIES.c.action == "staff_deactivated", *of_member)
    known = sa.func.coalesce(recorded.scalar_subquery(), sa.literal(datetime.now(UTC), INSTANT), type_=INSTANT)
    op.execute(MEMBERS.update().where(~MEMBERS.c.is_active).values(deactivated_at=known))


def downgrade() -> None:
    op.drop_column("staff_members", "deactivated_at")
