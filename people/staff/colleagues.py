"""What an administrator, or a site manager for their own sites, does with the accounts of colleagues.

Each is one transaction, in which it is looked up again whether whoever acts is still signed in and may do it: all changes
of a council's accounts take turns, so of two who let each other go only the first does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from core.audit import Actor, record
from core.errors import Invalid, NotAuthenticated, NotFound
from core.runtime import Runtime
from people.staff import accounts, sign_in_sessions
from people.staff.accounts import NewStaff, RoleScope
from people.staff.colleague_queries import Colleague, colleague_by_id, colleagues_of
from people.staff.colleague_rules import Reach, reach_of
from people.staff.password_links import mail_link, make_link
from people.staff.policy import Role
from people.staff.sign_in_sessions import SignedInStaff
from people.staff.tables import GIVEN, StaffAdviser, StaffMember


@dataclass(frozen=True)
class NewColleague:
    """Somebody to add, with the role that they have at a site, or (None) across the authority."""

    email: str
    name: str
    role: Role
    site_id: int | None


@dataclass(frozen=True)
class Change:
    """A transaction in which `staff` changes accounts of their council."""

    db: Session
    staff: SignedInStaff
    now: datetime
    reach: Reach

    @property
    def actor(self) -> Actor:
        return Actor("staff", self.staff.staff_id, self.staff.name)

    def colleague(self, staff_id: int, *, wholly: bool = True) -> Colleague:
        """A colleague whom they may change. `wholly`: not only a role of theirs. Raises: NotFound."""
        found = visible_colleague(self.db, self.staff.authority_id, self.reach, staff_id)
        if staff_id == self.staff.staff_id or (wholly and not self.reach.manages(found.roles)):
            raise NotFound
        return found


def visible_colleagues(db: Session, authority_id: int, reach: Reach) -> list[Colleague]:
    """Those of the authority's staff whom somebody with this reach may see."""
    return [one for one in colleagues_of(db, authority_id) if reach.sees(one.roles)]


def visible_colleague(db: Session, authority_id: int, reach: Reach, staff_id: int) -> Colleague:
    """One of them. Raises: NotFound."""
    found = colleague_by_id(db, authority_id, staff_id)
    if not reach.sees(found.roles):
        raise NotFound
    return found


def add_colleague(runtime: Runtime, staff: SignedInStaff, new: NewColleague) -> tuple[int, str]:
    """The id of the new account, and the token of the link with which its owner sets a password.

    Raises: Invalid, naming the field; NotFound for a role that `staff` may not give.
    """
    with changing_accounts(runtime, staff) as change:
        if not change.reach.may_give(new.role, new.site_id):
            raise NotFound
        if accounts.is_known(change.db, new.email):
            raise Invalid.in_field("email", "email_has_account")
        scope = RoleScope(staff.authority_id, new.site_id)
        wanted = NewStaff(new.email, new.role.value, scope, name=new.name)
        member = accounts.add_staff(change.db, wanted, actor=change.actor, now=change.now, sets_own_password=True)
        return member.id, make_link(change.db, member.id, change.now, made_by=staff.staff_id)


def renew_link(runtime: Runtime, staff: SignedInStaff, staff_id: int) -> str:
    """The token of a new link for a colleague; their password and sessions end. Raises: NotFound, Invalid."""
    with changing_accounts(runtime, staff) as change:
        email = change.colleague(staff_id).email
        return accounts.replace_password_by_link(
            change.db, email, made_by=staff.staff_id, actor=change.actor, now=change.now
        )


def mail_colleague_link(runtime: Runtime, staff: SignedInStaff, staff_id: int) -> None:
    """Have the link that a colleague has sent to their address. Raises: NotFound, also when they have none."""
    with changing_accounts(runtime, staff) as change:
        member = change.db.get_one(StaffMember, change.colleague(staff_id).staff_id)
        if not member.is_active:
            raise NotFound
        if not mail_link(change.db, member, GIVEN, change.now):
            return
        subject, authority_id = ("staff", member.id), staff.authority_id
        record(
            change.db, change.actor, "staff_password_link_mailed", subject, authority_id=authority_id, now=change.now
        )


def give_role(runtime: Runtime, staff: SignedInStaff, staff_id: int, role: Role, site_id: int | None) -> None:
    """Give a colleague one more role. Raises: Invalid, naming the field; NotFound."""
    with changing_accounts(runtime, staff) as change:
        email = change.colleague(staff_id, wholly=False).email
        if not change.reach.may_give(role, site_id):
            raise NotFound
        new = NewStaff(email, role.value, RoleScope(staff.authority_id, site_id))
        accounts.add_staff(change.db, new, actor=change.actor, now=change.now)


def take_role(runtime: Runtime, staff: SignedInStaff, staff_id: int, role: Role, site_id: int | None) -> None:
    """Take a role away from a colleague. Raises: Invalid (the last administrator), NotFound."""
    with changing_accounts(runtime, staff) as change:
        email = change.colleague(staff_id, wholly=False).email
        if not change.reach.may_give(role, site_id):
            raise NotFound
        scope = RoleScope(staff.authority_id, site_id)
        accounts.remove_role(change.db, email, role.value, scope, actor=change.actor, now=change.now)


def sign_colleague_out(runtime: Runtime, staff: SignedInStaff, staff_id: int) -> None:
    """End every session of a colleague. Raises: NotFound."""
    with changing_accounts(runtime, staff) as change:
        accounts.end_sessions(change.db, change.colleague(staff_id).email, actor=change.actor, now=change.now)


def take_second_step(runtime: Runtime, staff: SignedInStaff, staff_id: int) -> None:
    """Take away the second step of a colleague who lost their telephone; their sessions end. Raises: Invalid, NotFound."""
    with changing_accounts(runtime, staff) as change:
        accounts.take_second_step(change.db, change.colleague(staff_id).email, actor=change.actor, now=change.now)


def say_who_they_are(change: Change, staff_id: int, resource_id: int | None) -> None:
    """Which adviser or interpreter of the plan a colleague is, or (None) nobody. Raises: NotFound."""
    change.colleague(staff_id)
    known = change.db.get(StaffAdviser, staff_id)
    if (known.resource_id if known else None) == resource_id:
        return
    if resource_id is None:
        change.db.delete(known)
    else:
        change.db.merge(StaffAdviser(staff_id=staff_id, resource_id=resource_id))
    change.db.flush()
    db, actor, authority_id, now = change.db, change.actor, change.staff.authority_id, change.now
    record(
        db,
        actor,
        "staff_adviser_changed",
        ("staff", staff_id),
        authority_id=authority_id,
        now=now,
        resource=resource_id,
    )


def reactivate_colleague(runtime: Runtime, staff: SignedInStaff, staff_id: int) -> None:
    """Take up the account of a colleague again. Raises: NotFound."""
    with changing_accounts(runtime, staff) as change:
        accounts.reactivate_staff(change.db, change.colleague(staff_id).email, actor=change.actor, now=change.now)


@contextmanager
def changing_accounts(runtime: Runtime, staff: SignedInStaff) -> Iterator[Change]:
    """A transaction for changes of accounts. Raises: NotAuthenticated when `staff` may no longer act."""
    with runtime.database.writing() as db:
        yield begin_change(db, staff, runtime.clock.now())


def begin_change(db: Session, staff: SignedInStaff, now: datetime) -> Change:
    """The same in the caller's transaction; accounts are locked first, before any site or appointment."""
    accounts.lock_accounts(db, staff.authority_id)
    own = colleague_by_id(db, staff.authority_id, staff.staff_id)
    is_signed_in = any(
        one.session_id == staff.session_id for one in sign_in_sessions.open_sessions(db, own.staff_id, now)
    )
    if not is_signed_in or not own.is_active:
        raise NotAuthenticated
    return Change(db, staff, now, reach_of(own.roles))
