"""Reasons of messages as codes, plain names of columns, and the language of a resident's messages"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

RENAMED = (
    ("notifications", "state", "status"),
    ("notifications", "fence", "fencing_token"),
    ("delivery_attempts", "fence", "fencing_token"),
)
TRIES = "uq_delivery_attempts_notification_id_"

# A whole sentence, or one that what a provider said follows.
WHOLE = {
    "The appointment has changed since.": "superseded",
    "It would have been of no use any more.": "too_late",
    "Gave up after the last try.": "gave_up",
    "A mistake in the program; see the log.": "internal_error",
    "The result could not be recorded in full; see the log.": "result_not_recorded",
    "It had arrived already.": "arrived_earlier",
    "Prefers letters: send one, or ring.": "prefers_letters",
    "Asked not to be contacted.": "no_contact_wanted",
    "No email address: ring, or send a letter.": "no_address",
    "The email address is not one.": "invalid_address",
    "MAIL_FROM is not an email address.": "invalid_sender",
    "The mail server cannot take an address with such letters.": "address_not_supported",
}
BEGINNINGS = {
    "Gave up after the last try. ": "gave_up: ",
    "It would have been of no use any more. ": "too_late: ",
    "The provider could not be asked: ": "arrival_unknown: ",
    "The mail server could not be used: ": "server_unusable: ",
    "The mail server went away before it answered: ": "server_went_away: ",
}
TEXTS = (("notifications", "reason"), ("delivery_attempts", "error"), ("delivery_attempts", "provider_reference"))


def upgrade() -> None:
    language = sa.Column("message_language", sa.String(length=10), nullable=False, server_default="en")
    op.add_column("residents", language)
    for table, old, new in RENAMED:
        op.alter_column(table, old, new_column_name=new)
    _rename_key("fence", "fencing_token")
    _replace(BEGINNINGS, WHOLE)


def downgrade() -> None:
    _replace(_inverted(BEGINNINGS), _inverted(WHOLE))
    _rename_key("fencing_token", "fence", column="fencing_token")
    for table, old, new in reversed(RENAMED):
        op.alter_column(table, new, new_column_name=old)
    op.drop_column("residents", "message_language")


def _rename_key(old: str, new: str, column: str = "fencing_token") -> None:
    with op.batch_alter_table("delivery_attempts") as batch:
        batch.drop_constraint(TRIES + old, type_="unique")
        batch.create_unique_constraint(TRIES + new, ["notification_id", column])


def _inverted(texts: dict[str, str]) -> dict[str, str]:
    return {new: old for old, new in texts.items()}


def _replace(beginnings: dict[str, str], whole: dict[str, str]) -> None:
    """Replace the known texts: whole ones in one statement, those that something follows one by one, for they are few."""
    for name, column in TEXTS:
        table = sa.table(name, sa.column("id", sa.BigInteger()), sa.column(column, sa.String()))
        text = table.c[column]
        op.execute(table.update().where(text.in_(whole)).values({column: sa.case(whole, value=text)}))
        leads = sa.or_(*(text.startswith(lead, autoescape=True) for lead in beginnings))
        rows = op.get_bind().execute(sa.select(table.c.id, text).where(leads)).all()
        changed = [{"row": row_id, "new": _replaced(old, beginnings, whole)} for row_id, old in rows]
        if changed:
            update = table.update().where(table.c.id == sa.bindparam("row")).values({column: sa.bindparam("new")})
            op.get_bind().execute(update, changed)


def _replaced(text: str, beginnings: dict[str, str], whole: dict[str, str]) -> str:
    for old, new in beginnings.items():
        if text.startswith(old):
            return new + _replaced(text.removeprefix(old), beginnings, whole)
    return whole.get(text, text)
