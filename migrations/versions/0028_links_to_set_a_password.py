"""Links with which staff set a password, and when they signed in last"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("staff_members", sa.Column("last_signed_in_at", sa.DateTime(timezone=True), nullable=True))
    members = sa.table("staff_members", sa.column("id"), sa.column("last_signed_in_at"))
    sessions = sa.table("staff_sessions", sa.column("staff_id"), sa.column("created_at"))
    last = sa.select(sa.func.max(sessions.c.created_at)).where(sessions.c.staff_id == members.c.id).scalar_subquery()
    op.execute(members.update().values(last_signed_in_at=last))
    op.create_table(
        "password_links",
        sa.Column("staff_id", BIG_ID, sa.ForeignKey("staff_members.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("token_digest", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("token_digest", name="uq_password_links_token_digest"),
    )


def downgrade() -> None:
    op.drop_table("password_links")
    op.drop_column("staff_members", "last_signed_in_at")
