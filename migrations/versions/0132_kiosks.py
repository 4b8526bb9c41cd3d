"""Sites with a screen at which people say that they are here."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0132"
down_revision = "0140"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No site has one until staff say so."""
    op.add_column("sites", sa.Column("has_kiosk", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """The screens answer no more."""
    op.drop_column("sites", "has_kiosk")
