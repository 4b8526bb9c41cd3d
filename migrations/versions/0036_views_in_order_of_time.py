"""Who looked at residents' data, in the order of time, for the record that administrators read"""

from __future__ import annotations

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

NAME = "ix_resident_views_authority_at"


def upgrade() -> None:
    op.create_index(NAME, "resident_views", ["authority_id", "at"])


def downgrade() -> None:
    op.drop_index(NAME, "resident_views")
