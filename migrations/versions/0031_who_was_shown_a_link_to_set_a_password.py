"""Who was shown a link to set a password

Nobody knows of those that are open: they end, and new ones are made for whoever still waits.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("staff_password_links", sa.Column("made_by", BIG_ID, nullable=True))
    op.execute("DELETE FROM staff_password_links WHERE kind = 'given'")


def downgrade() -> None:
    op.drop_column("staff_password_links", "made_by")
