"""Documents at the counter: what was seen, files that are kept, certified copies, receipts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)

revision = "0139"
down_revision = "0136"
branch_labels = None
depends_on = None

TABLES: dict[str, list[Any]] = {
    "document_checks": [
        sa.Column("document", sa.String(300), nullable=False),
        sa.Column("result", sa.String(12), nullable=False),
        sa.Column("checked_at", INSTANT, nullable=False),
    ],
    "document_files": [
        sa.Column("document", sa.String(300), nullable=False),
        sa.Column("stored_name", sa.String(64), nullable=False),
        sa.Column("media_type", sa.String(20), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(12), nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
    ],
    "certified_copies": [
        sa.Column("document", sa.String(300), nullable=False),
        sa.Column("on_behalf_of", sa.String(200), nullable=False),
        sa.Column("code_digest", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("stored_name", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("certified_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.UniqueConstraint("code_digest", name="uq_certified_copies_code_digest"),
    ],
    "document_receipts": [
        sa.Column("number", sa.String(12), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("given_at", INSTANT, nullable=False),
        sa.UniqueConstraint("number", name="uq_document_receipts_number"),
    ],
}
OWNERS = {
    "authority_id": "authorities",
    "site_id": "sites",
    "appointment_id": "appointments",
    "visit_id": "visits",
    "staff_id": "staff_members",
}
CASCADING = ("appointment_id", "visit_id")
REQUIRED = ("authority_id", "site_id")


def upgrade() -> None:
    """Nobody has shown a document yet."""
    for table, columns in TABLES.items():
        keys = (
            sa.ForeignKeyConstraint(
                [column],
                [f"{owner}.id"],
                name=f"fk_{table}_{column}_{owner}",
                ondelete="CASCADE" if column in CASCADING else None,
            )
            for column, owner in OWNERS.items()
        )
        op.create_table(
            table,
            sa.Column("id", BIG_ID, nullable=False),
            *(sa.Column(column, BIG_ID, nullable=column not in REQUIRED) for column in OWNERS),
            *columns,
            sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
            sa.CheckConstraint("(appointment_id IS NULL) <> (visit_id IS NULL)", name=f"ck_{table}_of_one"),
            *keys,
        )
        for column in ("authority_id", "appointment_id", "visit_id"):
            op.create_index(f"ix_{table}_{column}", table, [column])
    op.create_index("ix_document_files_stored", "document_files", ["stored_name"])
    op.create_index("ix_certified_copies_stored", "certified_copies", ["stored_name"])


def downgrade() -> None:
    """What was seen and certified is forgotten; the files stay in their folder, and nothing leads to them."""
    for table in reversed(TABLES):
        op.drop_table(table)
