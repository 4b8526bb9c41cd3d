"""Links with which somebody sets a password: for a new colleague, and for one who forgot theirs.

A link that a colleague was given lasts 72 hours, over a weekend; one that its owner asked for by email lasts one hour. Each
works once, and the password that is set by one of them ends the other. The database keeps its digest.
Whoever was shown a link may have kept it, so it ends as soon as they may not manage all that the account may do.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.audit import Actor, record
from core.database import secret_keys_of
from core.errors import NotFound
from core.runtime import Runtime
from core.tokens import digest, new_nonce, password_token
from people.staff import sign_in_sessions
from people.staff.colleague_queries import colleagues_of
from people.staff.colleague_rules import reach_of
from people.staff.password_rules import check_password
from people.staff.passwords import hash_password
from people.staff.tables import FORGOTTEN, GIVEN, PasswordLink, StaffMail, StaffMember

LIFETIMES: Mapping[str, timedelta] = {GIVEN: timedelta(hours=72), FORGOTTEN: timedelta(hours=1)}
BETWEEN_MAILS = timedelta(minutes=5)
PENDING = "pending"  # of an email with a link; what else it can be stands with what sends it


def make_link(db: Session, staff_id: int, now: datetime, kind: str = GIVEN, *, made_by: int | None = None) -> str:
    """The token of a new link; one of the same kind that was made before does not work any more.

    `made_by` is who is shown it, None for one that goes to its owner alone.
    """
    _delete_link(db, staff_id, kind)
    nonce = new_nonce()
    token = password_token(secret_keys_of(db)[0], nonce)
    expires_at = now + LIFETIMES[kind]
    link = {"token_digest": digest(token), "nonce": nonce, "created_at": now, "expires_at": expires_at}
    db.add(PasswordLink(staff_id=staff_id, kind=kind, made_by=made_by, **link))
    db.flush()
    return token


def mail_link(db: Session, member: StaffMember, kind: str, now: datetime) -> bool:
    """Have the link of this kind sent to its owner; False when it is asked again within minutes: nothing more is sent.

    Raises: NotFound when there is none that works.
    """
    link = db.get(PasswordLink, (member.id, kind))
    if link is None or link.expires_at <= now or not link.nonce:
        raise NotFound
    same = (StaffMail.staff_id == member.id, StaffMail.nonce == link.nonce)
    if db.scalar(select(StaffMail.id).where(*same, StaffMail.created_at > now - BETWEEN_MAILS).limit(1)) is not None:
        return False  # whoever adds a colleague may type anybody's address
    mail = {"authority_id": member.authority_id, "staff_id": member.id, "kind": kind, "nonce": link.nonce}
    db.add(StaffMail(**mail, created_at=now, due_at=now, state=PENDING))
    return True


def working_token(db: Session, mail: StaffMail, now: datetime) -> str | None:
    """The token that a mail carries; None when its link was used, was replaced, or is too old."""
    link = db.get(PasswordLink, (mail.staff_id, mail.kind))
    if link is None or link.nonce != mail.nonce or link.expires_at <= now:
        return None
    tokens = (password_token(key, link.nonce) for key in secret_keys_of(db))
    return next((token for token in tokens if digest(token) == link.token_digest), None)


def end_links(db: Session, staff_id: int) -> None:
    """Let no link of a member of staff work any more."""
    db.execute(delete(PasswordLink).where(PasswordLink.staff_id == staff_id))


def end_links_beyond_reach(db: Session, authority_id: int) -> None:
    """End the links of the authority's accounts whose makers may not manage all of them, or may sign in no more.

    To be called after every change of roles, and of whose account works.
    """
    of_authority = select(StaffMember.id).where(StaffMember.authority_id == authority_id)
    shown = (PasswordLink.made_by.is_not(None), PasswordLink.staff_id.in_(of_authority))
    links = db.scalars(select(PasswordLink).where(*shown)).all()
    people = {one.staff_id: one for one in colleagues_of(db, authority_id)} if links else {}
    for link in links:
        maker, owner = people.get(link.made_by or 0), people[link.staff_id]
        if maker is None or not maker.is_active or not reach_of(maker.roles).manages(owner.roles):
            _delete_link(db, link.staff_id, link.kind)


def delete_expired(db: Session, now: datetime) -> None:
    """Delete the links that are too old to work."""
    db.execute(delete(PasswordLink).where(PasswordLink.expires_at <= now))


def _delete_link(db: Session, staff_id: int, kind: str) -> None:
    db.execute(delete(PasswordLink).where(PasswordLink.staff_id == staff_id, PasswordLink.kind == kind))


def owner_of_link(db: Session, token: str, now: datetime) -> StaffMember:
    """Whose link it is. Raises: NotFound for one that was used, replaced, or is too old, and when the account has ended."""
    return _owner_and_kind(db, token, now)[0]


def _owner_and_kind(db: Session, token: str, now: datetime) -> tuple[StaffMember, str]:
    row = db.execute(
        select(StaffMember, PasswordLink.kind)
        .join(PasswordLink, PasswordLink.staff_id == StaffMember.id)
        .where(PasswordLink.token_digest == digest(token), PasswordLink.expires_at > now, StaffMember.is_active)
    ).first()
    if row is None:
        raise NotFound
    return row[0], row[1]


def set_password_by_link(runtime: Runtime, token: str, password: str) -> None:
    """Give the link's owner the password, and end their links and their sessions.

    Raises: NotFound, as `owner_of_link`; Invalid, in the field "password".
    """
    now = runtime.clock.now()
    with runtime.database.reading() as db:
        owner = owner_of_link(db, token, now)
    check_password(password, facts=(owner.email, owner.name))
    new_hash = hash_password(password)  # outside the transaction: it takes tens of milliseconds on purpose
    with runtime.database.writing() as db:
        # The member first, as whoever makes a new link does: two who lock in one order never wait for each other.
        member = db.scalars(select(StaffMember).where(StaffMember.id == owner.id).with_for_update()).one()
        _, kind = _owner_and_kind(db, token, now)
        end_links(db, member.id)
        member.password_hash = new_hash
        sign_in_sessions.end_all(db, member.id, now)
        actor, subject = Actor("staff", member.id, member.name), ("staff", member.id)
        authority_id = member.authority_id
        record(db, actor, "staff_password_set_by_link", subject, authority_id=authority_id, now=now, kind=kind)
