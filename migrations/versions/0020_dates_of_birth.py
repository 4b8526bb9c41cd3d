"""Dates of birth of residents who tell them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("residents", sa.Column("date_of_birth", sa.Date(), nullable=True))
    op.create_index("ix_residents_authority_date_of_birth", "residents", ["authority_id", "date_of_birth"])


def downgrade() -> None:
    op.drop_index("ix_residents_authority_date_of_birth", "residents")
    op.drop_column("residents", "date_of_birth")
