"""What happens on the day: arrivals, tickets, calls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)

revision = "0121"
down_revision = "0106"
branch_labels = None
depends_on = None

# Who has arrived and is not done with, with the first service of their appointment, in the order in which they came.
_WHO_IS_HERE = """
    INSERT INTO visits (authority_id, site_id, local_date, ticket, part, appointment_id, name, support_needs, channel,
                        service_id, is_urgent, state, changed_at, arrived_at, times_called, started_at)
    SELECT a.authority_id, a.site_id, a.local_date,
           row_number() OVER (PARTITION BY a.site_id, a.local_date ORDER BY coalesce(a.arrived_at, a.changed_at), a.id),
           1, a.id, '', '[]', a.channel, s.service_id, a.is_urgent,
           CASE a.state WHEN 'arrived' THEN 'waiting' ELSE 'being_seen' END,
           a.changed_at, coalesce(a.arrived_at, a.changed_at), 0, a.seen_at
    FROM appointments a JOIN appointment_services s ON s.appointment_id = a.id AND s.position = 0
    WHERE a.state IN ('arrived', 'in_progress')
"""


def upgrade() -> None:
    """Whoever has arrived waits from now on."""
    op.create_table(
        "visits",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("authority_id", BIG_ID, nullable=False),
        sa.Column("site_id", BIG_ID, nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("appointment_id", BIG_ID),
        sa.Column("reference", sa.String(12)),
        sa.Column("name", sa.String(200), nullable=False, server_default=""),
        sa.Column("support_needs", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("channel", sa.String(12), nullable=False, server_default="counter"),
        sa.Column("service_id", BIG_ID, nullable=False),
        sa.Column("is_urgent", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("arrived_at", INSTANT, nullable=False),
        sa.Column("resource_id", BIG_ID),
        sa.Column("called_at", INSTANT),
        sa.Column("times_called", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("started_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.CheckConstraint("(appointment_id IS NULL) = (reference IS NOT NULL)", name="ck_visits_walk_in"),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name="fk_visits_authority_id_authorities"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_visits_site_id_sites"),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointments.id"], name="fk_visits_appointment_id_appointments", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name="fk_visits_service_id_services"),
        sa.ForeignKeyConstraint(["resource_id"], ["resources.id"], name="fk_visits_resource_id_resources"),
        sa.PrimaryKeyConstraint("id", name="pk_visits"),
        sa.UniqueConstraint("site_id", "local_date", "ticket", "part", name="uq_visits_site_id_local_date_ticket_part"),
        sa.UniqueConstraint("appointment_id", name="uq_visits_appointment_id"),
        sa.UniqueConstraint("reference", name="uq_visits_reference"),
    )
    is_called = sa.text("state = 'called'")
    op.create_index(
        "uq_visits_called",
        "visits",
        ["site_id", "local_date", "ticket"],
        unique=True,
        sqlite_where=is_called,
        postgresql_where=is_called,
    )
    op.create_index("ix_visits_measured", "visits", ["authority_id", "service_id", "ended_at"])
    op.create_index("ix_visits_service_id", "visits", ["service_id"])
    op.create_index("ix_visits_resource_id", "visits", ["resource_id"])
    op.execute(_WHO_IS_HERE)


def downgrade() -> None:
    """Appointments keep when somebody arrived; who came without one is forgotten."""
    op.drop_table("visits")
