"""In which browser, on which device, somebody is signed in"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0101"
down_revision = "0095"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff_sessions", sa.Column("browser", sa.String(20), nullable=False, server_default=""))
    op.add_column("staff_sessions", sa.Column("device", sa.String(20), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("staff_sessions") as batch_op:
        batch_op.drop_column("device")
        batch_op.drop_column("browser")
