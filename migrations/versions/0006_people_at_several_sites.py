"""Advisers and interpreters of a council, who work at several sites, and the travel times between sites"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.column_types import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KINDS_BEFORE = "kind IN ('desk', 'room', 'adviser', 'virtual_room', 'equipment')"
KINDS = "kind IN ('desk', 'room', 'adviser', 'interpreter', 'virtual_room', 'equipment')"
PERSON = "site_id IS NOT NULL OR (kind IN ('adviser', 'interpreter') AND seats = 1)"
SCOPE_BEFORE = "resource_id IS NULL OR site_id IS NOT NULL"
WITHOUT_SITE = sa.text("site_id IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("resources", copy_from=_resources(KINDS_BEFORE, site_is_needed=True)) as batch_op:
        batch_op.alter_column("site_id", existing_type=_big_id(), nullable=True)
        batch_op.drop_constraint(op.f("ck_resources_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_resources_kind"), KINDS)
        batch_op.create_check_constraint(op.f("ck_resources_person"), PERSON)
    op.create_index(
        "uq_resources_person_slug",
        "resources",
        ["authority_id", "slug"],
        unique=True,
        postgresql_where=WITHOUT_SITE,
        sqlite_where=WITHOUT_SITE,
    )
    with op.batch_alter_table("closures", copy_from=_closures(SCOPE_BEFORE)) as batch_op:
        batch_op.drop_constraint(op.f("ck_closures_scope"), type_="check")
    op.create_table(
        "travel_times",
        sa.Column("id", _big_id(), nullable=False),
        sa.Column("authority_id", _big_id(), nullable=False),
        sa.Column("first_site_id", _big_id(), nullable=False),
        sa.Column("second_site_id", _big_id(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint("first_site_id < second_site_id", name=op.f("ck_travel_times_order")),
        sa.CheckConstraint("minutes >= 0", name=op.f("ck_travel_times_minutes")),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_travel_times_authority_id")),
        sa.ForeignKeyConstraint(
            ["first_site_id"], ["sites.id"], name=op.f("fk_travel_times_first_site_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["second_site_id"], ["sites.id"], name=op.f("fk_travel_times_second_site_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_travel_times")),
        sa.UniqueConstraint(
            "first_site_id", "second_site_id", name=op.f("uq_travel_times_first_site_id_second_site_id")
        ),
    )
    op.create_index(op.f("ix_travel_times_authority_id"), "travel_times", ["authority_id"])


def downgrade() -> None:
    """Back to resources that each have a site. The database refuses it while the council has people without one."""
    op.drop_index(op.f("ix_travel_times_authority_id"), table_name="travel_times")
    op.drop_table("travel_times")
    with op.batch_alter_table("closures", copy_from=_closures(None)) as batch_op:
        batch_op.create_check_constraint(op.f("ck_closures_scope"), SCOPE_BEFORE)
    op.drop_index("uq_resources_person_slug", table_name="resources")
    with op.batch_alter_table("resources", copy_from=_resources(KINDS, site_is_needed=False)) as batch_op:
        batch_op.drop_constraint(op.f("ck_resources_person"), type_="check")
        batch_op.drop_constraint(op.f("ck_resources_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_resources_kind"), KINDS_BEFORE)
        batch_op.alter_column("site_id", existing_type=_big_id(), nullable=False)


def _resources(kinds: str, *, site_is_needed: bool) -> sa.Table:
    """The table as it stands, for SQLite, which makes it anew and cannot tell its checks."""
    checks = [sa.CheckConstraint("seats >= 1", name=op.f("ck_resources_seats"))]
    checks.append(sa.CheckConstraint(kinds, name=op.f("ck_resources_kind")))
    if not site_is_needed:
        checks.append(sa.CheckConstraint(PERSON, name=op.f("ck_resources_person")))
    return sa.Table(
        "resources",
        sa.MetaData(),
        sa.Column("id", _big_id(), nullable=False),
        sa.Column("authority_id", _big_id(), nullable=False),
        sa.Column("site_id", _big_id(), nullable=not site_is_needed),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("skills", sa.JSON(), nullable=False),
        *checks,
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_resources_authority_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_resources_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resources")),
        sa.UniqueConstraint("site_id", "slug", name=op.f("uq_resources_site_id_slug")),
        sa.Index(op.f("ix_resources_site_id"), "site_id"),
    )


def _closures(scope: str | None) -> sa.Table:
    """The table as it stands, as above."""
    checks = [sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_closures_period"))]
    if scope is not None:
        checks.append(sa.CheckConstraint(scope, name=op.f("ck_closures_scope")))
    return sa.Table(
        "closures",
        sa.MetaData(),
        sa.Column("id", _big_id(), nullable=False),
        sa.Column("authority_id", _big_id(), nullable=False),
        sa.Column("site_id", _big_id(), nullable=True),
        sa.Column("resource_id", _big_id(), nullable=True),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("starts_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        *checks,
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_closures_authority_id")),
        sa.ForeignKeyConstraint(["resource_id"], ["resources.id"], name=op.f("fk_closures_resource_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_closures_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closures")),
        sa.UniqueConstraint("authority_id", "slug", name=op.f("uq_closures_authority_id_slug")),
        sa.Index("ix_closures_authority_ends", "authority_id", "ends_at"),
    )


def _big_id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
