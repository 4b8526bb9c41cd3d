"""How many of what a service counts somebody waits for, which makes their visit longer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.revisions import CannotGoBack

revision = "0072"
down_revision = "0064"

HAVE_TOKENS = ("appointments", "holds", "calls", "proposals")


def upgrade() -> None:
    """Add the column."""
    op.add_column("wishes", sa.Column("numbers", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    """Drop it, unless something has a length that only the versions since can read."""
    _check_lengths(op.get_bind())
    with op.batch_alter_table("wishes") as wishes:
        wishes.drop_column("numbers")


def _check_lengths(connection: sa.Connection) -> None:
    """Raises: CannotGoBack. Tokens have an x where a service counts, and nowhere else."""
    found = {name: _counted_in(connection, name) for name in HAVE_TOKENS}
    wishes = sa.table("wishes", sa.column("numbers", sa.JSON()), sa.column("state"))
    waiting = connection.scalars(sa.select(wishes.c.numbers).where(wishes.c.state.in_(("open", "paused"))))
    found["wishes"] = sum(any(numbers) for numbers in waiting)
    if any(found.values()):
        kept = ", ".join(f"{name}: {number}" for name, number in found.items() if number)
        raise CannotGoBack(
            f"The length of these follows from an answer, which an earlier version cannot read ({kept})."
        )


def _counted_in(connection: sa.Connection, name: str) -> int:
    table = sa.table(name, sa.column("slot_token", sa.String()))
    counted = sa.select(sa.func.count()).select_from(table).where(table.c.slot_token.contains("x"))
    return connection.scalar(counted) or 0
