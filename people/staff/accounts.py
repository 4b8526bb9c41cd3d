"""Accounts of staff: added, renamed, given other roles and passwords, ended and taken up again.

The caller owns the transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audit import Actor, record
from core.contact_values import parse_sign_in_email
from core.errors import Invalid, InvalidValue, NotFound
from core.text import parse_or_empty
from locations.ids_by_slug import authority_table, site_table
from people.residents.details import email_key, parse_name
from people.staff import sign_in_sessions
from people.staff.password_links import end_links, end_links_beyond_reach, make_link
from people.staff.password_rules import check_password
from people.staff.passwords import hash_password
from people.staff.policy import SITE_ROLES, Role
from people.staff.second_step import remove_second_step
from people.staff.second_step_queries import has_second_step
from people.staff.tables import StaffMember, StaffRole


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


@dataclass(frozen=True)
class StaffEntry:
    """An account in the list of an authority's staff. A role is (role, slug of its site or "")."""

    email: str
    name: str
    is_active: bool
    roles: tuple[tuple[str, str], ...]


def add_staff(
    db: Session, new: NewStaff, *, actor: Actor, now: datetime, sets_own_password: bool = False
) -> StaffMember:
    """The member of staff, who now holds the role. An email that is there already gets the role and keeps its password.

    With `sets_own_password` a new account has none: its owner sets it by a link.
    Raises: Invalid, naming the field: email, role, password, site, or authority (the email belongs to another one).
    """
    email, role = checked_email(new.email), _checked_role(new)
    lock_accounts(db, new.scope.authority_id)
    member = _locked_member(db, email) or _create(db, email, new, now, sets_own_password=sets_own_password)
    if member.authority_id != new.scope.authority_id:
        raise Invalid.in_field("authority", "email_of_another_authority", email=email)
    if not member.is_active:
        raise Invalid.in_field("email", "account_deactivated", email=email)
    _give(db, member, role, new.scope.site_id)
    _record(db, member, "staff_added", actor, now, role=role.value, site_id=new.scope.site_id)
    end_links_beyond_reach(db, member.authority_id)
    return member


def lock_accounts(db: Session, authority_id: int) -> None:
    """Let all changes of the authority's accounts take turns, until the transaction ends. Bookings do not wait for it."""
    row = select(authority_table.c.id).where(authority_table.c.id == authority_id)
    db.execute(row.with_for_update(key_share=True))


def is_known(db: Session, email: str) -> bool:
    """Whether somebody has an account with this email."""
    return db.scalar(select(StaffMember.id).where(StaffMember.email == checked_email(email))) is not None


def checked_email(text: str) -> str:
    """The address as accounts are known by it. Raises: Invalid."""
    try:
        return email_key(parse_sign_in_email(text))
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


def _create(db: Session, email: str, new: NewStaff, now: datetime, *, sets_own_password: bool) -> StaffMember:
    name = _checked_name(new.name) or email.partition("@")[0]
    if not sets_own_password:
        check_password(new.password, facts=(email, name))
    member = StaffMember(
        authority_id=new.scope.authority_id,
        email=email,
        name=name,
        password_hash="" if sets_own_password else hash_password(new.password),
        is_active=True,
        created_at=now,
    )
    try:
        with db.begin_nested():
            db.add(member)
    except IntegrityError:  # another command added the same email meanwhile
        return _member(db, email)
    return member


def _give(db: Session, member: StaffMember, role: Role, site_id: int | None) -> None:
    if not any(row.role == role and row.site_id == site_id for row in _roles_of(db, member)):
        db.add(StaffRole(staff_id=member.id, role=role.value, site_id=site_id))


def deactivate_staff(db: Session, email: str, *, actor: Actor, now: datetime) -> int:
    """End the account and every session of it at once; the number of sessions ended.

    Raises: NotFound; Invalid, in the field "role" for the last administrator.
    """
    member = _member(db, email)
    _check_not_last_admin(db, member)
    end_links(db, member.id)
    member.is_active, member.deactivated_at = False, now
    end_links_beyond_reach(db, member.authority_id)
    _record(db, member, "staff_deactivated", actor, now)
    return sign_in_sessions.end_all(db, member.id, now)


def reactivate_staff(db: Session, email: str, *, actor: Actor, now: datetime) -> StaffMember:
    """Take up an ended account again, with its roles and its password. Raises: NotFound, Invalid."""
    member = _member(db, email)
    member.is_active, member.deactivated_at = True, None
    _record(db, member, "staff_reactivated", actor, now)
    return member


def set_password(db: Session, email: str, password: str, *, actor: Actor, now: datetime) -> int:
    """Give the account a new password and end its sessions; the number of sessions ended. Raises: NotFound, Invalid."""
    member = _member(db, email)
    check_password(password, facts=(member.email, member.name))
    end_links(db, member.id)
    member.password_hash = hash_password(password)
    _record(db, member, "staff_password_set", actor, now)
    return sign_in_sessions.end_all(db, member.id, now)


def replace_password_by_link(db: Session, email: str, *, made_by: int, actor: Actor, now: datetime) -> str:
    """The token of a link with which the account's owner sets a password; the present one and their sessions end.

    `made_by` is who is shown it. Raises: NotFound; Invalid for an account that has ended, and for the last administrator,
    who would be locked out.
    """
    member = _member(db, email)
    if not member.is_active:
        raise Invalid.in_field("email", "account_deactivated", email=member.email)
    _check_not_last_admin(db, member)
    member.password_hash = ""
    _record(db, member, "staff_password_link_made", actor, now)
    sign_in_sessions.end_all(db, member.id, now)
    return make_link(db, member.id, now, made_by=made_by)


def rename_staff(db: Session, email: str, name: str, *, actor: Actor, now: datetime) -> StaffMember:
    """Give the member of staff another name, as colleagues see it. Raises: NotFound, Invalid."""
    member = _member(db, email)
    member.name = _checked_name(name) or member.name
    _record(db, member, "staff_renamed", actor, now)
    return member


def remove_role(db: Session, email: str, role: str, scope: RoleScope, *, actor: Actor, now: datetime) -> None:
    """Take away a role that is held in `scope`.

    Raises: NotFound (no such account or role); Invalid, in the field "role" for the last administrator.
    """
    member = _member(db, email)
    if member.authority_id != scope.authority_id:
        raise NotFound.because("staff_unknown", email=email)
    held = [row for row in _roles_of(db, member) if row.role == role and row.site_id == scope.site_id]
    if not held:
        raise NotFound.because("role_not_held", email=member.email, role=role)
    if role == Role.AUTHORITY_ADMIN:
        _check_not_last_admin(db, member)
    for row in held:
        db.delete(row)
    end_links_beyond_reach(db, member.authority_id)
    _record(db, member, "staff_role_removed", actor, now, role=role, site_id=scope.site_id)


def end_sessions(db: Session, email: str, *, actor: Actor, now: datetime) -> int:
    """Sign the member of staff out everywhere; the number of sessions ended. Raises: NotFound, Invalid."""
    member = _member(db, email)
    _record(db, member, "staff_signed_out_everywhere", actor, now)
    return sign_in_sessions.end_all(db, member.id, now)


def take_second_step(db: Session, email: str, *, actor: Actor, now: datetime) -> int:
    """Take away the second step of somebody who lost their telephone; the number of sessions ended.

    Raises: NotFound; Invalid, in the field "email", when they have none.
    """
    member = _member(db, email)
    if not has_second_step(db, member.id):
        raise Invalid.in_field("email", "no_second_step", email=member.email)
    remove_second_step(db, member.id)
    _record(db, member, "staff_second_step_removed", actor, now)
    return sign_in_sessions.end_all(db, member.id, now)


def staff_of_authority(db: Session, authority_id: int) -> list[StaffEntry]:
    """The authority's accounts by email, those that were ended included."""
    rows = db.execute(
        select(StaffMember, StaffRole.role, site_table.c.slug)
        .outerjoin(StaffRole, StaffRole.staff_id == StaffMember.id)
        .outerjoin(site_table, site_table.c.id == StaffRole.site_id)
        .where(StaffMember.authority_id == authority_id, StaffMember.name != "")
        .order_by(StaffMember.email, StaffRole.role, site_table.c.slug)
    ).all()
    return [
        StaffEntry(
            member.email, member.name, member.is_active, tuple((role, slug or "") for _, role, slug in group if role)
        )
        for member, group in ((member, list(rows)) for member, rows in groupby(rows, key=lambda row: row[0]))
    ]


def _locked_member(db: Session, email: str) -> StaffMember | None:
    return db.scalar(select(StaffMember).where(StaffMember.email == email).with_for_update())


def _member(db: Session, email: str) -> StaffMember:
    checked = checked_email(email)
    authority_id = db.scalar(select(StaffMember.authority_id).where(StaffMember.email == checked))
    if authority_id is not None:
        lock_accounts(db, authority_id)  # before the member: two who lock in one order never wait for each other
    member = _locked_member(db, checked)
    if member is None:
        raise NotFound.because("staff_unknown", email=email)
    return member


def _check_not_last_admin(db: Session, member: StaffMember) -> None:
    """Raises: Invalid when nobody but `member` can sign in as an administrator of the council."""
    admins = db.scalars(
        select(StaffMember.id)
        .join(StaffRole, StaffRole.staff_id == StaffMember.id)
        .where(
            StaffMember.authority_id == member.authority_id,
            StaffMember.is_active,
            StaffMember.password_hash != "",
            StaffRole.role == Role.AUTHORITY_ADMIN,
        )
    ).all()
    if set(admins) == {member.id}:
        raise Invalid.in_field("role", "last_admin", email=member.email)


def _roles_of(db: Session, member: StaffMember) -> Sequence[StaffRole]:
    return db.scalars(select(StaffRole).where(StaffRole.staff_id == member.id)).all()


def _record(db: Session, member: StaffMember, action: str, actor: Actor, now: datetime, **facts: Any) -> None:
    record(db, actor, action, ("staff", member.id), authority_id=member.authority_id, now=now, **facts)
