"""Who waits outside is told by text when they are called."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0178"
down_revision = "0169"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody has asked for it yet."""
    op.add_column("visits", sa.Column("text_to", sa.String(40), nullable=False, server_default=""))
    op.add_column("visits", sa.Column("text_language", sa.String(5), nullable=False, server_default=""))
    is_told = sa.text("text_to <> ''")
    op.create_index("ix_visits_told_by_text", "visits", ["changed_at"], sqlite_where=is_told, postgresql_where=is_told)
    op.create_table(
        "call_texts",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("authority_id", BIG_ID, nullable=False),
        sa.Column("visit_id", BIG_ID, nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False, server_default="text"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("units_sent", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name="fk_call_texts_authority_id_authorities"),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name="fk_call_texts_visit_id_visits", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_call_texts"),
        sa.UniqueConstraint("visit_id", "called_at", name="uq_call_texts_visit_id_called_at"),
    )
    op.create_index("ix_call_texts_state_due_at", "call_texts", ["state", "due_at"])
    op.create_index("ix_call_texts_authority_id_created_at", "call_texts", ["authority_id", "created_at"])


def downgrade() -> None:
    """Who has asked is not told."""
    op.drop_table("call_texts")
    op.drop_index("ix_visits_told_by_text", "visits")
    op.drop_column("visits", "text_language")
    op.drop_column("visits", "text_to")
