"""What people bring to a service by rules that count and date."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0145"
down_revision = "0150"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it: no service has any yet."""
    op.add_column("services", sa.Column("documents_by_rule", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    """Take it away."""
    with op.batch_alter_table("services") as batch_op:
        batch_op.drop_column("documents_by_rule")
