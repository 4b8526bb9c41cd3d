"""Sessions of staff: rows on the server, so that they can be ended; the browser holds only a random token.

Limits. Idle: 1 hour, the inactivity limit of NIST SP 800-63B-4, 2.2.3 (AAL2). Absolute: 12 hours, one long working day;
the same source allows 24, the OWASP Session Management Cheat Sheet suggests 4 to 8 for office work, and at 12 nobody is
thrown out in the middle of a call at the end of a shift. Read 2026-11-23.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, delete, exists, select, update
from sqlalchemy.orm import Session, aliased

from core.errors import NotFound
from core.tokens import digest, new_token
from locations.authority_brand import AuthorityBrand
from locations.ids_by_slug import BRAND_COLUMNS, authority_table, site_table
from people.staff.browser_names import BrowserName
from people.staff.policy import Action, Grant, Role, is_allowed
from people.staff.tables import SecondStep, SecondStepDemand, StaffMember, StaffRole, StaffSession

UNKNOWN_BROWSER = BrowserName()
COOKIE = "front_door_staff"
IDLE_LIMIT = timedelta(hours=1)
ABSOLUTE_LIMIT = timedelta(hours=12)
# "Seen" is written at most this often, so that a page view is seldom a write.
TOUCH_EVERY = timedelta(minutes=1)
KEPT = timedelta(days=90)  # ended and expired sessions stay this long, to answer "was that me?"


@dataclass(frozen=True)
class SignedInStaff:
    """A member of staff, as one request sees them."""

    staff_id: int
    session_id: int
    name: str
    email: str
    authority_id: int
    authority: AuthorityBrand
    roles: tuple[Grant, ...]
    last_seen_at: datetime
    lacks_second_step: bool = False  # which the council demands of one of their roles
    must_say_why: bool = False  # before the record of a resident opens

    def may(
        self,
        action: Action,
        *,
        site_id: int | None = None,
        site_slug: str | None = None,
    ) -> bool:
        """Whether they may do `action`, at the site that is named by id or by slug, if one is."""
        if site_slug is None:
            return is_allowed(self.roles, action, site_id)
        here = tuple(grant for grant in self.roles if grant.site_id is None or grant.site_slug == site_slug)
        return is_allowed(here, action)


@dataclass(frozen=True)
class OpenSession:
    """A browser in which somebody is signed in now, by codes of `browser_names`."""

    session_id: int
    created_at: datetime
    last_seen_at: datetime
    browser: str
    device: str


def start(db: Session, staff_id: int, now: datetime, browser: BrowserName = UNKNOWN_BROWSER) -> str:
    """The token of a new session. Always a new one: a token that the browser brought along is never adopted."""
    token = new_token()
    db.add(
        StaffSession(
            token_digest=digest(token),
            staff_id=staff_id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + ABSOLUTE_LIMIT,
            browser=browser.browser,
            device=browser.device,
        )
    )
    db.flush()
    return token


_held = aliased(StaffRole)
_IS_DEMANDED = exists().where(
    SecondStepDemand.authority_id == StaffMember.authority_id,
    SecondStepDemand.role == _held.role,
    _held.staff_id == StaffMember.id,
)
_HAS_SECOND_STEP = exists().where(SecondStep.staff_id == StaffMember.id, SecondStep.confirmed_at.is_not(None))
_LACKS_SECOND_STEP = and_(_IS_DEMANDED, ~_HAS_SECOND_STEP).label("lacks_second_step")
# Written once, since every page needs it.
_SIGNED_IN = (
    select(
        StaffSession,
        StaffMember,
        StaffRole,
        site_table.c.slug,
        site_table.c.name,
        _LACKS_SECOND_STEP,
        authority_table.c.ask_why_looking,
        *BRAND_COLUMNS,
    )
    .join(StaffMember, StaffMember.id == StaffSession.staff_id)
    .join(authority_table, authority_table.c.id == StaffMember.authority_id)
    .outerjoin(StaffRole, StaffRole.staff_id == StaffMember.id)
    .outerjoin(site_table, site_table.c.id == StaffRole.site_id)
    .where(
        StaffSession.token_digest == bindparam("digest"),
        StaffSession.ended_at.is_(None),
        StaffSession.expires_at > bindparam("now"),
        StaffSession.last_seen_at > bindparam("seen_after"),
        StaffMember.is_active,
    )
)


def staff_of(db: Session, token: str, now: datetime) -> SignedInStaff | None:
    """Who holds `token`, with their roles, in one statement; None when the session has ended or run out."""
    values = {"digest": digest(token), "now": now, "seen_after": now - IDLE_LIMIT}
    rows = db.execute(_SIGNED_IN, values).all()
    if not rows:
        return None
    row, member = rows[0][0], rows[0][1]
    grants = (_grant(role, slug, name) for _, _, role, slug, name, *_ in rows if role is not None)
    return SignedInStaff(
        staff_id=member.id,
        session_id=row.id,
        name=member.name,
        email=member.email,
        authority_id=member.authority_id,
        authority=AuthorityBrand(*rows[0][7:]),
        roles=tuple(sorted(grants, key=lambda grant: (grant.role, grant.site_name))),
        last_seen_at=row.last_seen_at,
        lacks_second_step=bool(rows[0].lacks_second_step),
        must_say_why=rows[0].ask_why_looking,
    )


def _grant(role: StaffRole, slug: str | None, name: str | None) -> Grant:
    return Grant(Role(role.role), role.site_id, slug or "", name or "")


def is_stale(staff: SignedInStaff, now: datetime) -> bool:
    """Whether it is time to write down again that they were seen."""
    return now - staff.last_seen_at >= TOUCH_EVERY


def touch(db: Session, session_id: int, now: datetime) -> None:
    """Write that the session was in use at `now`; never backwards."""
    db.execute(
        update(StaffSession)
        .where(StaffSession.id == session_id, StaffSession.last_seen_at < now)
        .values(last_seen_at=now)
    )


def end(db: Session, token: str, now: datetime) -> None:
    """End the session of `token`, if it has not ended."""
    db.execute(
        update(StaffSession)
        .where(StaffSession.token_digest == digest(token), StaffSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def end_all(db: Session, staff_id: int, now: datetime) -> int:
    """End every session of a member of staff; the number that were open."""
    ended = db.scalars(
        update(StaffSession)
        .where(StaffSession.staff_id == staff_id, StaffSession.ended_at.is_(None))
        .values(ended_at=now)
        .returning(StaffSession.id)
    )
    return len(ended.all())


def end_others(db: Session, staff_id: int, session_id: int, now: datetime) -> int:
    """End every open session of a member of staff but the one with `session_id`; their number."""
    others = [one.session_id for one in open_sessions(db, staff_id, now) if one.session_id != session_id]
    db.execute(update(StaffSession).where(StaffSession.id.in_(others)).values(ended_at=now))
    return len(others)


def end_one(db: Session, staff_id: int, session_id: int, now: datetime) -> bool:
    """End this session of a member of staff; whether it was open. Raises: NotFound for a session that is not theirs."""
    session = db.scalars(
        select(StaffSession).where(StaffSession.id == session_id, StaffSession.staff_id == staff_id).with_for_update()
    ).one_or_none()
    if session is None:
        raise NotFound
    was_open = session.ended_at is None
    if was_open:
        session.ended_at = now
    return was_open


def open_sessions(db: Session, staff_id: int, now: datetime) -> list[OpenSession]:
    """The sessions of a member of staff that work now, the last used first."""
    rows = db.execute(
        select(
            StaffSession.id,
            StaffSession.created_at,
            StaffSession.last_seen_at,
            StaffSession.browser,
            StaffSession.device,
        )
        .where(
            StaffSession.staff_id == staff_id,
            StaffSession.ended_at.is_(None),
            StaffSession.expires_at > now,
            StaffSession.last_seen_at > now - IDLE_LIMIT,
        )
        .order_by(StaffSession.last_seen_at.desc(), StaffSession.id.desc())
    )
    return [OpenSession(*row) for row in rows]


def delete_expired(db: Session, now: datetime) -> None:
    """Delete sessions that expired more than 90 days ago."""
    db.execute(delete(StaffSession).where(StaffSession.expires_at < now - KEPT))
