"""Accounts of staff: added and deactivated. The caller owns the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import Actor, record
from core.contact_values import parse_email
from core.errors import Invalid, InvalidValue, NotFound
from core.text import parse_or_empty
from people.residents.contact_details import email_key, parse_name
from people.staff import sign_in_sessions
from people.staff.passwords import hash_password
from people.staff.policy import SITE_ROLES, Role
from people.staff.tables import StaffMember, StaffRole

# NCSC asks for length, not for kinds of characters; 12 keeps "three random words" and refuses the shortest guesses.
# https://www.ncsc.gov.uk/collection/passwords/updating-your-approach, read 2026-11-23.
SHORTEST_PASSWORD = 12


@dataclass(frozen=True)
class RoleScope:
    """Where a role is held: an authority, and one of its sites or (None) all of it."""

    authority_id: int
    site_id: int | None = None


@dataclass(frozen=True)
class NewStaff:
    """Somebody to add. The password may be empty for an account that is there already."""

    email: str
    role: str
    scope: RoleScope
    password: str = ""
    name: str = ""


def add_staff(db: Session, new: NewStaff, *, actor: Actor, now: datetime) -> StaffMember:
    """The member of staff, who now holds the role. An email that is there already gets the role and keeps its password.

    Raises: Invalid, naming the field: email, role, password, site, or authority (the email belongs to another one).
    """
    email, role = _checked_email(new.email), _checked_role(new)
    member = db.scalar(select(StaffMember).where(StaffMember.email == email))
    if member is None:
        member = _create(db, email, new, now)
    elif member.authority_id != new.scope.authority_id:
        raise Invalid.in_field("authority", "email_of_another_authority", email=email)
    if not member.is_active:
        raise Invalid.in_field("email", "account_deactivated", email=email)
    _give(db, member, role, new.scope.site_id)
    record(
        db,
        actor,
        "staff_added",
        ("staff", member.id),
        authority_id=member.authority_id,
        now=now,
        role=role.value,
        site_id=new.scope.site_id,
    )
    db.flush()
    return member


def is_known(db: Session, email: str) -> bool:
    """Whether somebody has an account with this email."""
    return db.scalar(select(StaffMember.id).where(StaffMember.email == _checked_email(email))) is not None


def _checked_email(text: str) -> str:
    try:
        return email_key(parse_email(text))
    except InvalidValue as error:
        raise Invalid.in_field("email", "not_an_email", given=text, why=error.reason) from error


def _checked_name(text: str) -> str:
    try:
        return parse_or_empty(parse_name, text)
    except InvalidValue as error:
        raise Invalid({"name": [error.reason]}) from error


def _checked_role(new: NewStaff) -> Role:
    if new.role not in {role.value for role in Role}:
        raise Invalid.in_field("role", "role_unknown", role=new.role, known=[role.value for role in Role])
    role = Role(new.role)
    if new.scope.site_id is not None and role not in SITE_ROLES:
        raise Invalid.in_field("site", "role_without_site", role=role.value)
    return role


def _create(db: Session, email: str, new: NewStaff, now: datetime) -> StaffMember:
    if len(new.password) < SHORTEST_PASSWORD:
        raise Invalid.in_field("password", "password_too_short", shortest=SHORTEST_PASSWORD)
    member = StaffMember(
        authority_id=new.scope.authority_id,
        email=email,
        name=_checked_name(new.name) or email.partition("@")[0],
        password_hash=hash_password(new.password),
        is_active=True,
        created_at=now,
    )
    db.add(member)
    db.flush()
    return member


def _give(db: Session, member: StaffMember, role: Role, site_id: int | None) -> None:
    held: Sequence[StaffRole] = db.scalars(select(StaffRole).where(StaffRole.staff_id == member.id)).all()
    if not any(row.role == role and row.site_id == site_id for row in held):
        db.add(StaffRole(staff_id=member.id, role=role.value, site_id=site_id))


def deactivate_staff(db: Session, email: str, *, actor: Actor, now: datetime) -> int:
    """End the account and every session of it at once; the number of sessions ended. Raises: NotFound, Invalid."""
    member = db.scalar(select(StaffMember).where(StaffMember.email == _checked_email(email)))
    if member is None:
        raise NotFound.because("staff_unknown", email=email)
    member.is_active = False
    record(
        db,
        actor,
        "staff_deactivated",
        ("staff", member.id),
        authority_id=member.authority_id,
        now=now,
    )
    return sign_in_sessions.end_all(db, member.id, now)
