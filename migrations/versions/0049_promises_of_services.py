"""What is promised of a service, what was measured of it each day, and when somebody was seen"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.column_types import UtcDateTime

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("services", sa.Column("third_time_within_days", sa.Integer()))
    op.add_column("services", sa.Column("seen_within_minutes", sa.Integer()))
    op.add_column("services", sa.Column("promise_alarm_days", sa.Integer(), nullable=False, server_default="3"))
    op.add_column("appointments", sa.Column("seen_at", UtcDateTime(timezone=True)))
    op.create_table(
        "promise_days",
        sa.Column("id", _id(), nullable=False),
        sa.Column("authority_id", _id(), nullable=False),
        sa.Column("service_id", _id(), nullable=False),
        sa.Column("promise", sa.String(20), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("figure", sa.Integer()),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name="fk_promise_days_authority_id_authorities"),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name="fk_promise_days_service_id_services", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_promise_days"),
        sa.UniqueConstraint("service_id", "promise", "date", name="uq_promise_days_service_id_promise_date"),
    )
    op.create_index("ix_promise_days_authority_id", "promise_days", ["authority_id"])


def downgrade() -> None:
    op.drop_table("promise_days")
    with op.batch_alter_table("appointments") as batch_op:
        batch_op.drop_column("seen_at")
    with op.batch_alter_table("services") as batch_op:
        batch_op.drop_column("promise_alarm_days")
        batch_op.drop_column("seen_within_minutes")
        batch_op.drop_column("third_time_within_days")


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
