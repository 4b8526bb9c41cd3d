"""The memorable words of residents, as hashes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.column_types import UtcDateTime

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "memorable_words"

revision = "0153"
down_revision = "0152"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody has agreed on one yet."""
    op.create_table(
        TABLE,
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("authority_id", BIG_ID, nullable=False),
        sa.Column("resident_id", BIG_ID, nullable=False),
        sa.Column("word_hash", sa.String(200), nullable=False),
        sa.Column("staff_id", BIG_ID, nullable=True),
        sa.Column("set_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("resident_id", name=op.f(f"uq_{TABLE}_resident_id")),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f(f"fk_{TABLE}_authority_id")),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f(f"fk_{TABLE}_resident_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_members.id"], name=op.f(f"fk_{TABLE}_staff_id")),
    )


def downgrade() -> None:
    """Callers are asked for two facts again."""
    op.drop_table(TABLE)
