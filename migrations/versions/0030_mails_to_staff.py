"""Links to set a password by email: whoever forgot theirs asks for one, and a colleague's is sent"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
KEPT = ("staff_id", "token_digest", "created_at", "expires_at")


def upgrade() -> None:
    op.create_table(
        "staff_password_links",
        sa.Column("staff_id", BIG_ID, sa.ForeignKey("staff_members.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("token_digest", sa.String(64), nullable=False),
        sa.Column("nonce", sa.String(32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("token_digest", name="uq_staff_password_links_token_digest"),
    )
    _copy("password_links", "staff_password_links", (sa.literal("given"), sa.literal("")), ("kind", "nonce"))
    op.drop_table("password_links")
    op.create_table(
        "password_requests",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "staff_mails",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("authority_id", BIG_ID, sa.ForeignKey("authorities.id"), nullable=False),
        sa.Column("staff_id", BIG_ID, sa.ForeignKey("staff_members.id", ondelete="CASCADE"), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("nonce", sa.String(32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_staff_mails_state_due_at", "staff_mails", ["state", "due_at"])
    op.create_index("ix_staff_mails_staff_id", "staff_mails", ["staff_id"])


def downgrade() -> None:
    op.drop_table("staff_mails")
    op.drop_table("password_requests")
    op.create_table(
        "password_links",
        sa.Column("staff_id", BIG_ID, sa.ForeignKey("staff_members.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("token_digest", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("token_digest", name="uq_password_links_token_digest"),
    )
    op.execute("DELETE FROM staff_password_links WHERE kind <> 'given'")
    _copy("staff_password_links", "password_links")
    op.drop_table("staff_password_links")


def _copy(old: str, new: str, values: tuple[sa.ColumnElement[str], ...] = (), names: tuple[str, ...] = ()) -> None:
    source = sa.table(old, *map(sa.column, KEPT))
    target = sa.table(new, *map(sa.column, (*KEPT, *names)))
    op.execute(target.insert().from_select([*KEPT, *names], sa.select(*source.c, *values)))
