"""Names that are in other letters, in Latin ones too, so that they are found by what is heard on the telephone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from people.residents.details import sound_of, tokens_in_latin

revision = "0084"
down_revision = "0073"

BATCH = 2_000
TOKENS = sa.table(
    "resident_name_tokens",
    *(sa.column(name, sa.BigInteger()) for name in ("authority_id", "resident_id")),
    *(sa.column(name, sa.String()) for name in ("token", "sound")),
)
RESIDENT_ID = TOKENS.c.resident_id
KNOWN = sa.select(RESIDENT_ID, TOKENS.c.token)
RESIDENTS = sa.table(
    "residents",
    *(sa.column(name, sa.BigInteger()) for name in ("id", "authority_id")),
    sa.column("name", sa.String()),
    sa.column("anonymised_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    """Write the words that are missing."""
    connection, last = op.get_bind(), 0
    named = sa.select(RESIDENTS).where(RESIDENTS.c.anonymised_at.is_(None)).order_by(RESIDENTS.c.id).limit(BATCH)
    while residents := connection.execute(named.where(RESIDENTS.c.id > last)).all():
        rows = {(row["resident_id"], row["token"]): row for resident in residents for row in _rows(resident)}
        for known in connection.execute(KNOWN.where(RESIDENT_ID.in_({resident_id for resident_id, _ in rows}))):
            rows.pop(tuple(known), None)
        if rows:
            connection.execute(sa.insert(TOKENS), list(rows.values()))
        last = residents[-1].id


def downgrade() -> None:
    """Leave them: an earlier version reads them as words like any other."""


def _rows(resident: sa.Row[tuple[int, int, str]]) -> list[dict[str, object]]:
    return [
        {"authority_id": resident.authority_id, "resident_id": resident.id, "token": token, "sound": sound_of(token)}
        for token in tokens_in_latin(resident.name)
    ]
