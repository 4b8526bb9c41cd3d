"""Sessions of staff: rows on the server, so that they can be ended; the browser holds only a random token.

Limits. Idle: 1 hour, the inactivity limit of NIST SP 800-63B-4, 2.2.3 (AAL2). Absolute: 12 hours, one long working day;
the same source allows 24, the OWASP Session Management Cheat Sheet suggests 4 to 8 for office work, and at 12 nobody is
thrown out in the middle of a call at the end of a shift. Read 2026-11-23.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, delete, exists, select, update
from sqlalchemy.orm import Session

from core.database import connection_of, table_of
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


# Plain tables, without the mapper, and written once: every page of staff begins with this.
_sessions, _members, _roles = table_of(StaffSession), table_of(StaffMember), table_of(StaffRole)
_demands, _steps, _held = table_of(SecondStepDemand), table_of(SecondStep), table_of(StaffRole).alias()
_IS_DEMANDED = exists().where(
    _demands.c.authority_id == _members.c.authority_id,
    _demands.c.role == _held.c.role,
    _held.c.staff_id == _members.c.id,
)
_HAS_SECOND_STEP = exists().where(_steps.c.staff_id == _members.c.id, _steps.c.confirmed_at.is_not(None))
_SIGNED_IN = (
    select(
        _sessions.c.id.label("session_id"),
        _sessions.c.last_seen_at,
        _members.c.id.label("staff_id"),
        *(_members.c.name.label("staff_name"), _members.c.email.label("staff_email"), _members.c.authority_id),
        *(_roles.c.role, _roles.c.site_id),
        *(site_table.c.slug.label("site_slug"), site_table.c.name.label("site_name")),
        and_(_IS_DEMANDED, ~_HAS_SECOND_STEP).label("lacks_second_step"),
        authority_table.c.ask_why_looking,
        *BRAND_COLUMNS,
    )
    .join_from(_sessions, _members, _members.c.id == _sessions.c.staff_id)
    .join(authority_table, authority_table.c.id == _members.c.authority_id)
    .outerjoin(_roles, _roles.c.staff_id == _members.c.id)
    .outerjoin(site_table, site_table.c.id == _roles.c.site_id)
    .where(
        _sessions.c.token_digest == bindparam("digest"),
        _sessions.c.ended_at.is_(None),
        _sessions.c.expires_at > bindparam("now"),
        _sessions.c.last_seen_at > bindparam("seen_after"),
        _members.c.is_active,
    )
)


def staff_of(db: Session, token: str, now: datetime) -> SignedInStaff | None:
    """Who holds `token`, with their roles, in one statement; None when the session has ended or run out."""
    values = {"digest": digest(token), "now": now, "seen_after": now - IDLE_LIMIT}
    db.flush()  # what this transaction has changed counts
    rows = connection_of(db).execute(_SIGNED_IN, values).all()
    if not rows:
        return None
    row = rows[0]
    grants = (Grant(Role(one.role), one.site_id, one.site_slug or "", one.site_name or "") for one in rows if one.role)
    return SignedInStaff(
        staff_id=row.staff_id,
        session_id=row.session_id,
        name=row.staff_name,
        email=row.staff_email,
        authority_id=row.authority_id,
        authority=AuthorityBrand(*row[-len(BRAND_COLUMNS) :]),
        roles=tuple(sorted(grants, key=lambda grant: (grant.role, grant.site_name))),
        last_seen_at=row.last_seen_at,
        lacks_second_step=bool(row.lacks_second_step),
        must_say_why=row.ask_why_looking,
    )


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
