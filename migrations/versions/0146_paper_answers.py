"""What somebody has answered and ticked about the papers for their appointment."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0146"
down_revision = "0162"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it: nobody has answered yet."""
    op.add_column("appointments", sa.Column("paper_answers", sa.JSON(), nullable=False, server_default="{}"))


def downgrade() -> None:
    """Take it away."""
    with op.batch_alter_table("appointments") as batch_op:
        batch_op.drop_column("paper_answers")
