"""A service asks for the number of a case, and an appointment keeps it."""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0180"
down_revision = "0185"
branch_labels = None
depends_on = None

HAS_NUMBER = sa.text("case_key <> ''")


def upgrade() -> None:
    """Nobody is asked for one yet. What lists have of numbers is found by its letters and digits alone."""
    op.add_column("services", sa.Column("case_number", sa.String(60), nullable=False, server_default=""))
    op.add_column("services", sa.Column("case_number_form", sa.String(100), nullable=False, server_default=""))
    op.add_column("services", sa.Column("case_number_listed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("services", sa.Column("case_number_again", sa.String(12), nullable=False, server_default="refuse"))
    for name in ("case_number", "case_key"):
        op.add_column("appointments", sa.Column(name, sa.String(40), nullable=False, server_default=""))
    op.add_column("invitations", sa.Column("case_key", sa.String(40), nullable=False, server_default=""))
    _fill_keys()
    for table, owner in (("appointments", "authority_id"), ("invitations", "service_id")):
        op.create_index(
            f"ix_{table}_case_key", table, [owner, "case_key"], sqlite_where=HAS_NUMBER, postgresql_where=HAS_NUMBER
        )


def _fill_keys() -> None:
    """As locations.case_numbers.number_key does, as of this release."""
    connection = op.get_bind()
    invitations = sa.table("invitations", sa.column("id"), sa.column("case_number"), sa.column("case_key"))
    numbered = sa.select(invitations.c.id, invitations.c.case_number).where(invitations.c.case_number != "")
    change = sa.update(invitations).where(invitations.c.id == sa.bindparam("row"))
    change = change.values(case_key=sa.bindparam("key"))
    rows = [{"row": row.id, "key": _key(row.case_number)} for row in connection.execute(numbered)]
    if rows:
        connection.execute(change, rows)


def _key(number: str) -> str:
    signs = (str(unicodedata.digit(sign, sign)) for sign in unicodedata.normalize("NFKC", number).upper())
    return "".join(sign for sign in signs if sign.isalnum())[:40]


def downgrade() -> None:
    """The numbers that people have given are forgotten."""
    op.drop_index("ix_invitations_case_key", "invitations")
    op.drop_index("ix_appointments_case_key", "appointments")
    for table, names in (
        ("invitations", ("case_key",)),
        ("appointments", ("case_key", "case_number")),
        ("services", ("case_number_again", "case_number_listed", "case_number_form", "case_number")),
    ):
        with op.batch_alter_table(table) as changed:
            for name in names:
                changed.drop_column(name)
