"""Pauses by which a council holds back its own messages"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.column_types import UtcDateTime

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "council_pauses",
        sa.Column("id", _id(), nullable=False),
        sa.Column("authority_id", _id(), nullable=False),
        sa.Column("scope", sa.String(10), nullable=False),
        sa.Column("subject", sa.String(30), nullable=False),
        sa.Column("since", UtcDateTime(timezone=True), nullable=False),
        sa.Column("until", UtcDateTime(timezone=True), nullable=True),
        sa.Column("paused_by", sa.String(200), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authorities.id"], name="fk_council_pauses_authority_id_authorities"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_council_pauses"),
        sa.UniqueConstraint("authority_id", "scope", "subject", name="uq_council_pauses_authority_id_scope_subject"),
    )


def downgrade() -> None:
    op.drop_table("council_pauses")


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
