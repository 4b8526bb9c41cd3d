"""Where a public hold was asked for, as a keyed digest"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("holds", sa.Column("origin", sa.String(64), nullable=False, server_default=""))
    op.create_index("ix_holds_origin", "holds", ["origin"])


def downgrade() -> None:
    op.drop_index("ix_holds_origin", "holds")
    op.drop_column("holds", "origin")
