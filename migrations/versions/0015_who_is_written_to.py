"""By which address appointments and representatives are found, to limit what strangers have sent there"""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_appointments_contact_email", "appointments", ["contact_email"])
    op.create_index("ix_representatives_authority_email", "representatives", ["authority_id", "email"])


def downgrade() -> None:
    op.drop_index("ix_representatives_authority_email", "representatives")
    op.drop_index("ix_appointments_contact_email", "appointments")
