"""The log of who has seen a resident's data by the name that the code uses"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rename("resident_accesses", "resident_views")


def downgrade() -> None:
    _rename("resident_views", "resident_accesses")


def _rename(old: str, new: str) -> None:
    op.drop_index(f"ix_{old}_resident_at", old)
    op.rename_table(old, new)
    op.create_index(f"ix_{new}_resident_at", new, ["resident_id", "at"])
    if op.get_context().dialect.name == "postgresql":  # SQLite keeps the names of constraints for nothing
        op.execute(f"ALTER SEQUENCE {old}_id_seq RENAME TO {new}_id_seq")
        for kind, end in (("pk", ""), ("fk", "_authority_id"), ("fk", "_resident_id")):
            op.execute(f"ALTER TABLE {new} RENAME CONSTRAINT {kind}_{old}{end} TO {kind}_{new}{end}")
