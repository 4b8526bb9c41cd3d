"""Which words a message after a visit told, and an index of the papers that wait for staff."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0177"
down_revision = "0171"
branch_labels = None
depends_on = None

WAITING = sa.text("source = 'resident' AND review = '' AND stored_name <> ''")


def upgrade() -> None:
    """Of what was told before, nobody knows the words: a correction of it is sent, whatever it says."""
    op.add_column("notifications", sa.Column("words_digest", sa.String(64), nullable=False, server_default=""))
    op.create_index(
        "ix_document_files_waiting",
        "document_files",
        ["authority_id", "appointment_id"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


def downgrade() -> None:
    """The words that were told are not kept."""
    op.drop_index("ix_document_files_waiting", "document_files")
    op.drop_column("notifications", "words_digest")
