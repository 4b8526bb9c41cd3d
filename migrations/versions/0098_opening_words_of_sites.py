"""What people read first about a site."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0098"
down_revision = "0094"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it: no site has any yet."""
    op.add_column("sites", sa.Column("opening_words", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    """Take it away."""
    with op.batch_alter_table("sites") as batch_op:
        batch_op.drop_column("opening_words")
