"""The staff of a council, as those see them who manage them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from locations.ids_by_slug import site_table
from people.staff.policy import Grant, Role
from people.staff.tables import GIVEN, PasswordLink, StaffAdviser, StaffMail, StaffMember, StaffRole


@dataclass(frozen=True)
class Colleague:
    """A member of staff. `link_until` is when the link with which they set a password ends, if they have one."""

    staff_id: int
    email: str
    name: str
    is_active: bool
    has_password: bool
    last_signed_in_at: datetime | None
    link_until: datetime | None
    roles: tuple[Grant, ...]


_COLLEAGUES = (
    select(StaffMember, PasswordLink.expires_at, StaffRole, site_table.c.slug, site_table.c.name)
    .outerjoin(PasswordLink, and_(PasswordLink.staff_id == StaffMember.id, PasswordLink.kind == GIVEN))
    .outerjoin(StaffRole, StaffRole.staff_id == StaffMember.id)
    .outerjoin(site_table, site_table.c.id == StaffRole.site_id)
    .where(StaffMember.name != "")  # who left long ago is emptied: people/staff/former_staff.py
    .order_by(StaffMember.is_active.desc(), StaffMember.name, StaffMember.id, StaffRole.role, site_table.c.name)
)


def colleagues_of(db: Session, authority_id: int) -> list[Colleague]:
    """Everybody of the authority by name, those whose account has ended last."""
    return list(_read(db.execute(_COLLEAGUES.where(StaffMember.authority_id == authority_id))))


def colleague_by_id(db: Session, authority_id: int, staff_id: int) -> Colleague:
    """One member of the authority's staff. Raises: NotFound."""
    of_one = _COLLEAGUES.where(StaffMember.authority_id == authority_id, StaffMember.id == staff_id)
    found = next(_read(db.execute(of_one)), None)
    if found is None:
        raise NotFound
    return found


def adviser_of_staff(db: Session, staff_id: int) -> int | None:
    """The id of the adviser or interpreter of the plan who the member of staff is, if any."""
    row = db.get(StaffAdviser, staff_id)
    return None if row is None else row.resource_id


def former_advisers(db: Session, authority_id: int) -> list[tuple[int, str]]:
    """Ids and names of those whose account has ended, and of whom it is said who they are in the plan."""
    rows = (
        select(StaffMember.id, StaffMember.name)
        .join(StaffAdviser, StaffAdviser.staff_id == StaffMember.id)
        .where(StaffMember.authority_id == authority_id, StaffMember.is_active.is_(False))
        .order_by(StaffMember.name, StaffMember.id)
    )
    return [(row.id, row.name) for row in db.execute(rows)]


def last_mail_of(db: Session, staff_id: int) -> StaffMail | None:
    """The last email with a link to set a password that was to be sent to a member of staff."""
    return db.scalar(select(StaffMail).where(StaffMail.staff_id == staff_id).order_by(StaffMail.id.desc()).limit(1))


def _read(rows: Iterable[Any]) -> Iterator[Colleague]:
    for member, group in groupby(rows, key=lambda row: row[0]):
        own = list(group)
        yield Colleague(
            staff_id=member.id,
            email=member.email,
            name=member.name,
            is_active=member.is_active,
            has_password=bool(member.password_hash),
            last_signed_in_at=member.last_signed_in_at,
            link_until=own[0][1],
            roles=tuple(
                Grant(Role(role.role), role.site_id, slug or "", name or "")
                for _, _, role, slug, name in own
                if role is not None
            ),
        )
