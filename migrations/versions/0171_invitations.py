"""Somebody is invited for a service, and picks the time by a link of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0171"
down_revision = "0167"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody is invited yet."""
    op.create_table(
        "invitations",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("authority_id", BIG_ID, nullable=False),
        sa.Column("resident_id", BIG_ID, nullable=False),
        sa.Column("service_id", BIG_ID, nullable=False),
        sa.Column("first_date", sa.Date(), nullable=False),
        sa.Column("last_date", sa.Date(), nullable=False),
        sa.Column("site_ids", sa.JSON(), nullable=False),
        sa.Column("mode", sa.String(12), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("told_by", sa.String(10), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("untold", sa.String(300), nullable=False),
        sa.Column("link_nonce", sa.String(32), nullable=False),
        sa.Column("link_digest", sa.String(64), nullable=False),
        sa.Column("invited_by", BIG_ID, nullable=True),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appointment_id", BIG_ID, nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("staff_id", BIG_ID, nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointments.id"],
            name="fk_invitations_appointment_id_appointments",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name="fk_invitations_authority_id_authorities"),
        sa.ForeignKeyConstraint(["invited_by"], ["staff_members.id"], name="fk_invitations_invited_by_staff_members"),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name="fk_invitations_resident_id_residents"),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name="fk_invitations_service_id_services"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_members.id"], name="fk_invitations_staff_id_staff_members"),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
        sa.UniqueConstraint("link_digest", name="uq_invitations_link_digest"),
    )
    op.create_index("ix_invitations_authority_state", "invitations", ["authority_id", "state", "last_date"])
    op.create_index("ix_invitations_resident_state", "invitations", ["resident_id", "state"])
    for column in ("service_id", "remind_at", "appointment_id", "closed_at"):
        op.create_index(f"ix_invitations_{column}", "invitations", [column])
    op.create_table(
        "invitation_mails",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("authority_id", BIG_ID, nullable=False),
        sa.Column("invitation_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authorities.id"], name="fk_invitation_mails_authority_id_authorities"
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitations.id"],
            name="fk_invitation_mails_invitation_id_invitations",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_invitation_mails"),
        sa.UniqueConstraint("invitation_id", "kind", name="uq_invitation_mails_invitation_id_kind"),
    )
    op.create_index("ix_invitation_mails_state_due_at", "invitation_mails", ["state", "due_at"])


def downgrade() -> None:
    """Who was invited, and what became of it, is forgotten."""
    op.drop_table("invitation_mails")
    op.drop_table("invitations")
