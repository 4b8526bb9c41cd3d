"""Trials of two plans of reminders, and which of them each appointment has"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.column_types import UtcDateTime

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reminder_trials",
        sa.Column("id", _id(), nullable=False),
        sa.Column("authority_id", _id(), nullable=False),
        sa.Column("service_id", _id(), nullable=False),
        sa.Column("plan_a", sa.JSON(), nullable=False),
        sa.Column("plan_b", sa.JSON(), nullable=False),
        sa.Column("started_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.String(200), nullable=False),
        sa.Column("ended_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authorities.id"], name="fk_reminder_trials_authority_id_authorities"
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name="fk_reminder_trials_service_id_services", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_reminder_trials"),
    )
    op.create_index("ix_reminder_trials_authority_id", "reminder_trials", ["authority_id"])
    running = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_reminder_trials_running",
        "reminder_trials",
        ["service_id"],
        unique=True,
        postgresql_where=running,
        sqlite_where=running,
    )
    op.create_table(
        "trial_allotments",
        sa.Column("appointment_id", _id(), nullable=False),
        sa.Column("trial_id", _id(), nullable=False),
        sa.Column("arm", sa.String(1), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointments.id"],
            name="fk_trial_allotments_appointment_id_appointments",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["trial_id"],
            ["reminder_trials.id"],
            name="fk_trial_allotments_trial_id_reminder_trials",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("appointment_id", name="pk_trial_allotments"),
    )
    op.create_index("ix_trial_allotments_trial_id", "trial_allotments", ["trial_id"])


def downgrade() -> None:
    op.drop_table("trial_allotments")
    op.drop_table("reminder_trials")


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
