"""A contact of an appointment's own"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = (
    ("contact_email", sa.String(length=254)),
    ("contact_phone", sa.String(length=40)),
    ("contact_preference", sa.String(length=10)),
    ("contact_leave_no_message", sa.Boolean()),
    ("contact_language", sa.String(length=40)),
    ("earlier_emails", sa.JSON()),
)


def upgrade() -> None:
    for name, kind in COLUMNS:
        op.add_column("appointments", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for name, _ in reversed(COLUMNS):
        op.drop_column("appointments", name)
