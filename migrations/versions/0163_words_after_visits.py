"""What was done in a visit, what happens next, and the lines of a service of which staff choose one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0163"
down_revision = "0153"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing was said after a visit yet."""
    op.add_column("services", sa.Column("done_lines", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("visits", sa.Column("done", sa.String(200), nullable=False, server_default=""))
    op.add_column("visits", sa.Column("next_step", sa.String(200), nullable=False, server_default=""))


def downgrade() -> None:
    """What was said is not kept."""
    op.drop_column("visits", "next_step")
    op.drop_column("visits", "done")
    op.drop_column("services", "done_lines")
