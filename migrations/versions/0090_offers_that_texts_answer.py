"""Which offer of another time a text answers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0090"
down_revision = "0087"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("inbound_texts", sa.Column("proposal_id", number, nullable=True))


def downgrade() -> None:
    op.drop_column("inbound_texts", "proposal_id")
