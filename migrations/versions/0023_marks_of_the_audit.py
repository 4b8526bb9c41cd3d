"""Numbers and marks in the audit, by which a change of it shows

The entries that are there are numbered by their ids, in the first lane of their council, and signed as they are now.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC
from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations.column_types import UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

LANES = 64
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BATCH = 1_000
ENTRIES = sa.table(
    "audit_entries",
    *(
        sa.column(name)
        for name in ("actor_kind", "actor_name", "action", "subject_kind", "reason", "mark", "reason_digest")
    ),
    *(sa.column(name, sa.BigInteger) for name in ("id", "authority_id", "actor_id", "subject_id", "lane", "number")),
    sa.column("at", UtcDateTime),
    sa.column("facts", sa.JSON),
)
HEADS = sa.table("audit_lanes", *(sa.column(name) for name in ("authority_id", "lane", "entries", "mark")))
ADDED = (
    ("lane", sa.Integer()),
    ("number", BIG),
    ("mark", sa.String(64)),
    ("reason_digest", sa.String(64)),
)


def upgrade() -> None:
    op.create_table(
        "audit_lanes",
        sa.Column("authority_id", BIG, nullable=False),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("entries", BIG, nullable=False),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_audit_lanes_authority_id")),
        sa.PrimaryKeyConstraint("authority_id", "lane", name=op.f("pk_audit_lanes")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("audit_entries") as batch_op:
        for name, kind in ADDED:
            batch_op.add_column(sa.Column(name, kind, nullable=True))
        batch_op.add_column(sa.Column("removal_mark", sa.String(64), nullable=False, server_default=""))
    _sign(op.get_bind(), _secret_key())
    with op.batch_alter_table("audit_entries") as batch_op:
        for name, kind in ADDED:
            batch_op.alter_column(name, existing_type=kind, nullable=False)
        batch_op.create_unique_constraint(
            "uq_audit_entries_authority_id_lane_number", ["authority_id", "lane", "number"]
        )


def downgrade() -> None:
    with op.batch_alter_table("audit_entries") as batch_op:
        batch_op.drop_constraint("uq_audit_entries_authority_id_lane_number", type_="unique")
        for name in ("removal_mark", *(name for name, _ in ADDED)):
            batch_op.drop_column(name)
    op.drop_table("audit_lanes")


def _secret_key() -> str:
    config = op.get_context().config
    return str(config.attributes.get("secret_key", "")) if config else ""


def _sign(connection: sa.Connection, secret_key: str) -> None:
    authorities = connection.execute(sa.text("SELECT id FROM authorities ORDER BY id")).scalars().all()
    for authority_id in authorities:
        count = _sign_entries(connection, secret_key, authority_id)
        heads = [(lane, count if lane == 0 else 0) for lane in range(LANES)]
        rows = [
            {
                "authority_id": authority_id,
                "lane": lane,
                "entries": entries,
                "mark": _mark(secret_key, "head", [authority_id, lane, entries]),
            }
            for lane, entries in heads
        ]
        connection.execute(HEADS.insert(), rows)


def _sign_entries(connection: sa.Connection, secret_key: str, authority_id: int) -> int:
    """How many entries the council has."""
    number, last_id = 0, 0
    page = sa.select(ENTRIES).where(ENTRIES.c.authority_id == authority_id).order_by(ENTRIES.c.id).limit(BATCH)
    change = ENTRIES.update().where(ENTRIES.c.id == sa.bindparam("entry"))
    while rows := connection.execute(page.where(ENTRIES.c.id > last_id)).mappings().all():
        values = [_signed(secret_key, dict(row), number + place) for place, row in enumerate(rows, start=1)]
        names = ("lane", "number", "mark", "reason_digest")
        statement = change.values({name: sa.bindparam(f"new_{name}") for name in names})
        connection.execute(
            statement, [{"entry": row["id"]} | {f"new_{name}": row[name] for name in names} for row in values]
        )
        number, last_id = number + len(rows), rows[-1]["id"]
    return number


def _signed(secret_key: str, entry: dict[str, Any], number: int) -> dict[str, Any]:
    entry |= {"lane": 0, "number": number}
    place = [entry[name] for name in ("authority_id", "lane", "number")]
    entry["reason_digest"] = _mark(secret_key, "reason", [*place, entry["reason"]])
    who = [entry[name] for name in ("actor_kind", "actor_id", "actor_name", "action", "subject_kind", "subject_id")]
    values = [
        entry["id"],
        *place,
        *who,
        entry["reason_digest"],
        entry["at"].astimezone(UTC).isoformat(),
        entry["facts"],
    ]
    entry["mark"] = _mark(secret_key, "entry", values)
    return entry


def _mark(secret_key: str, kind: str, values: Sequence[Any]) -> str:
    key = hmac.digest(secret_key.encode(), b"audit", "sha256")
    message = json.dumps([kind, *values], sort_keys=True, separators=(",", ":"))
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()
