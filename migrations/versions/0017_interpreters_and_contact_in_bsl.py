"""How long it takes to find an interpreter, and where a council is reached in British Sign Language"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("authorities", sa.Column("interpreter_lead_days", sa.Integer(), nullable=False, server_default="3"))
    op.add_column("authorities", sa.Column("bsl_contact", sa.String(300), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("authorities", "bsl_contact")
    op.drop_column("authorities", "interpreter_lead_days")
