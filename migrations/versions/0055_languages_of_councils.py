"""Languages of councils, their words in each, and who was asked for theirs"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0053"
branch_labels = None
depends_on = None

TABLES = ("authorities", "services", "sites")
RESIDENTS = sa.table("residents", sa.column("message_language", sa.String))


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("translations", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("authorities", sa.Column("languages", sa.JSON(), nullable=False, server_default='["en"]'))
    first = sa.Column("first_language", sa.String(length=10), nullable=False, server_default="en")
    op.add_column("authorities", first)
    # Until now there was English alone: nobody has been asked.
    op.execute(RESIDENTS.update().where(RESIDENTS.c.message_language == "en").values(message_language=""))


def downgrade() -> None:
    op.execute(RESIDENTS.update().where(RESIDENTS.c.message_language == "").values(message_language="en"))
    op.drop_column("authorities", "first_language")
    op.drop_column("authorities", "languages")
    for table in reversed(TABLES):
        op.drop_column(table, "translations")
