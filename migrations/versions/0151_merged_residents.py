"""Records of one person that were merged, pairs that are of different people, and first contacts that are not the first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.column_types import UtcDateTime

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MERGES, PAIRS, CONTACTS = "resident_merges", "different_people", "first_contacts"

revision = "0151"
down_revision = "0145"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody was merged yet."""
    op.create_table(
        MERGES,
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("authority_id", BIG_ID, nullable=False),
        sa.Column("kept_resident_id", BIG_ID, nullable=False),
        sa.Column("merged_resident_id", BIG_ID, nullable=False),
        sa.Column("staff_id", BIG_ID, nullable=True),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("undone_at", UtcDateTime(timezone=True), nullable=True),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in ("was_kept", "was_merged", "became", "moved")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{MERGES}")),
        *_references(MERGES, "kept_resident_id", "merged_resident_id"),
    )
    op.create_index("ix_resident_merges_authority_at", MERGES, ["authority_id", "at"])
    for name in ("kept_resident_id", "merged_resident_id"):
        op.create_index(op.f(f"ix_{MERGES}_{name}"), MERGES, [name])
    op.create_table(
        PAIRS,
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("authority_id", BIG_ID, nullable=False),
        sa.Column("first_id", BIG_ID, nullable=False),
        sa.Column("second_id", BIG_ID, nullable=False),
        sa.Column("staff_id", BIG_ID, nullable=True),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{PAIRS}")),
        sa.UniqueConstraint("first_id", "second_id", name=op.f(f"uq_{PAIRS}_first_id_second_id")),
        *_references(PAIRS, "first_id", "second_id"),
    )
    op.create_index(op.f(f"ix_{PAIRS}_second_id"), PAIRS, ["second_id"])
    with op.batch_alter_table(CONTACTS) as batch_op:
        batch_op.add_column(sa.Column("is_later", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.drop_constraint("uq_first_contacts_resident_id", type_="unique")
        batch_op.create_index(batch_op.f("ix_first_contacts_resident_id"), ["resident_id"])
        batch_op.create_index(
            "uq_first_contacts_first",
            ["resident_id"],
            unique=True,
            sqlite_where=sa.text("is_later = 0"),
            postgresql_where=sa.text("NOT is_later"),
        )


def _references(table: str, *residents: str) -> list[sa.ForeignKeyConstraint]:
    others = {"authority_id": "authorities", "staff_id": "staff_members"}
    return [
        *(
            sa.ForeignKeyConstraint([name], ["residents.id"], name=op.f(f"fk_{table}_{name}"), ondelete="CASCADE")
            for name in residents
        ),
        *(
            sa.ForeignKeyConstraint([name], [f"{other}.id"], name=op.f(f"fk_{table}_{name}"))
            for name, other in others.items()
        ),
    ]


def downgrade() -> None:
    """What was merged stays so, and cannot be undone any more. Of two first contacts of one person the first remains."""
    contacts = sa.table(CONTACTS, sa.column("is_later", sa.Boolean()))
    op.execute(contacts.delete().where(contacts.c.is_later))
    with op.batch_alter_table(CONTACTS) as batch_op:
        batch_op.drop_index("uq_first_contacts_first")
        batch_op.drop_index(batch_op.f("ix_first_contacts_resident_id"))
        batch_op.create_unique_constraint("uq_first_contacts_resident_id", ["resident_id"])
        batch_op.drop_column("is_later")
    op.drop_table(PAIRS)
    op.drop_table(MERGES)
