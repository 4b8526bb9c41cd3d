"""A list of people is invited wave by wave."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0173"
down_revision = "0168"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody is on a list yet."""
    op.create_table(
        "cohorts",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("authority_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("service_id", BIG_ID, nullable=False),
        sa.Column("first_date", sa.Date(), nullable=False),
        sa.Column("last_date", sa.Date(), nullable=False),
        sa.Column("site_ids", sa.JSON(), nullable=False),
        sa.Column("mode", sa.String(12), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("per_wave", sa.Integer(), nullable=True),
        sa.Column("every_days", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("waves", sa.Integer(), nullable=False),
        sa.Column("next_wave_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("nothing_free_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_by", BIG_ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name="fk_cohorts_authority_id_authorities"),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name="fk_cohorts_service_id_services"),
        sa.ForeignKeyConstraint(["made_by"], ["staff_members.id"], name="fk_cohorts_made_by_staff_members"),
        sa.PrimaryKeyConstraint("id", name="pk_cohorts"),
    )
    for column in ("authority_id", "service_id", "next_wave_at"):
        op.create_index(f"ix_cohorts_{column}", "cohorts", [column])
    with op.batch_alter_table("invitations") as batch_op:
        batch_op.add_column(sa.Column("cohort_id", BIG_ID, nullable=True))
        batch_op.add_column(sa.Column("wave", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("case_number", sa.String(40), nullable=False, server_default=""))
        batch_op.create_foreign_key("fk_invitations_cohort_id_cohorts", "cohorts", ["cohort_id"], ["id"])
        batch_op.create_index("ix_invitations_cohort_state", ["cohort_id", "state"])


def downgrade() -> None:
    """Who waits for a wave is forgotten."""
    op.execute("DELETE FROM invitations WHERE state = 'waiting'")
    with op.batch_alter_table("invitations") as batch_op:
        batch_op.drop_index("ix_invitations_cohort_state")
        batch_op.drop_constraint("fk_invitations_cohort_id_cohorts", type_="foreignkey")
        batch_op.drop_column("case_number")
        batch_op.drop_column("wave")
        batch_op.drop_column("cohort_id")
    op.drop_table("cohorts")
