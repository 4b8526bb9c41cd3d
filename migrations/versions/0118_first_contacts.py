"""How somebody first asked for help with homelessness, and which appointments follow from that."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0118"
down_revision = "0122"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of what was asked before, nothing is known."""
    op.create_table(
        "first_contacts",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("authority_id", BIG_ID, nullable=False),
        sa.Column("resident_id", BIG_ID, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("asked_by", sa.String(200), nullable=False),
        sa.Column("taken_by", sa.String(200), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name="fk_first_contacts_authority_id"),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name="fk_first_contacts_resident_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_first_contacts"),
        sa.UniqueConstraint("resident_id", name="uq_first_contacts_resident_id"),
    )
    op.add_column("appointments", sa.Column("is_approach", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """What was asked is not known any more."""
    op.drop_column("appointments", "is_approach")
    op.drop_table("first_contacts")
