"""Which appointment somebody was given who waited without one; and no desk is kept because somebody sat at it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0143"
down_revision = "0142"
branch_labels = None
depends_on = None

KEYS = (
    ("fk_desk_sittings_site_id_sites", "sites", "site_id"),
    ("fk_desk_sittings_resource_id_resources", "resources", "resource_id"),
)


def upgrade() -> None:
    """Nobody was given one yet."""
    op.add_column("visits", sa.Column("booked_instead", sa.String(12), nullable=False, server_default=""))
    _make_keys(ondelete="CASCADE")


def downgrade() -> None:
    """It is known by the audit alone."""
    _make_keys(ondelete=None)
    op.drop_column("visits", "booked_instead")


def _make_keys(ondelete: str | None) -> None:
    with op.batch_alter_table("desk_sittings") as changed:
        for name, table, column in KEYS:
            changed.drop_constraint(op.f(name), type_="foreignkey")
            changed.create_foreign_key(op.f(name), table, [column], ["id"], ondelete=ondelete)
