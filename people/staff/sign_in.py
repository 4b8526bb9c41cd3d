"""Signing in with email and password, with limits on failures that no stranger can use to shut a colleague out.

Limits: 10 failures of one email and 30 of one origin in 15 minutes. NCSC advises delaying attempts over locking accounts,
with about 10 attempts (https://www.ncsc.gov.uk/collection/passwords/updating-your-approach, read 2026-11-23). All of a
council's desks may share one origin, so an origin past its limit is slowed, not refused: one attempt each 10 seconds. A
browser in which the email signed in before is counted by itself: neither limit holds there. A refused attempt is not
counted, so waiting always helps, and nobody can be kept out for longer by further attempts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from core.audit import Actor, record
from core.errors import NotAllowed, RateLimited
from core.rate_limits import RateLimit, count_hit, rate_limit, remove_hit, reset
from core.runtime import Runtime
from people.residents.details import email_key
from people.staff import sign_in_sessions
from people.staff.browser_names import browser_name
from people.staff.known_browsers import browser_of
from people.staff.passwords import hash_password, is_outdated, is_password
from people.staff.second_step_queries import has_second_step
from people.staff.tables import StaffMember

EMAIL_LIMIT = "10/15 minutes"
ORIGIN_LIMIT = "30/15 minutes"
SLOWED_ORIGIN_LIMIT = "1/10 seconds"
BROWSER_LIMIT = "10/15 minutes"


class WrongPassword(NotAllowed):
    """Email and password do not belong together; nobody learns which of them is wrong."""


@dataclass(frozen=True)
class StaffIdentity:
    """A member of staff who has proved who they are, by the password behind this hash."""

    staff_id: int
    password_hash: str
    has_proved_code: bool = False  # besides the password


@dataclass(frozen=True)
class SignInAttempt:
    """An email and a password that somebody sent, from an origin, with the cookie of their browser."""

    email: str
    password: str
    origin: str
    browser_cookie: str = ""


def authenticate(runtime: Runtime, attempt: SignInAttempt) -> StaffIdentity:
    """Whose email and password these are. The same work is done whether or not the email exists.

    Raises: RateLimited, WrongPassword.
    """
    now = runtime.clock.now()
    counted = _count_attempt(runtime, attempt, now)
    member = _member(runtime, attempt.email)
    # Outside any transaction: the hash takes tens of milliseconds on purpose.
    is_right = is_password(member.password_hash if member else "", attempt.password)
    if member is None or not is_right or not member.is_active:
        raise WrongPassword.because("wrong_password")
    _uncount(runtime, counted, now)
    identity = StaffIdentity(member.id, member.password_hash)
    return renew_hash(runtime, identity, attempt.password) if is_outdated(member.password_hash) else identity


def begin_session(runtime: Runtime, identity: StaffIdentity, *, old_token: str = "", agent: str = "") -> str:
    """The token of a new session of `identity`, in a browser that calls itself `agent`; the session of `old_token` ends.

    Raises: WrongPassword when the account has another password by now, or has ended, or wants a code that was not proved:
    looking at a password takes its time.
    """
    now = runtime.clock.now()
    with runtime.database.writing() as db:
        same = select(StaffMember).where(StaffMember.id == identity.staff_id)
        member = db.scalars(same.with_for_update(key_share=True)).one()
        if member.password_hash != identity.password_hash or not member.is_active:
            raise WrongPassword.because("wrong_password")
        if has_second_step(db, member.id) and not identity.has_proved_code:
            raise WrongPassword.because("wrong_password")
        if old_token:
            sign_in_sessions.end(db, old_token, now)
        sign_in_sessions.delete_expired(db, now)
        member.last_signed_in_at = now
        actor = Actor("staff", member.id, member.name)
        record(db, actor, "signed_in", ("staff", member.id), authority_id=member.authority_id, now=now)
        return sign_in_sessions.start(db, member.id, now, browser_name(agent))


def sign_in_limits(runtime: Runtime, email: str, origin: str) -> tuple[RateLimit, RateLimit]:
    """The limits of an attempt to sign in as `email` from `origin`, in an unknown browser: the email's and the origin's."""
    by_email = rate_limit(runtime.settings.secret_key, EMAIL_LIMIT, "sign-in", "email", email_key(email))
    return by_email, origin_limit(runtime, origin)


def origin_limit(runtime: Runtime, origin: str) -> RateLimit:
    """The limit of an origin, whether it guesses at passwords or at codes."""
    return rate_limit(runtime.settings.secret_key, ORIGIN_LIMIT, "sign-in", "origin", origin)


def count_guess(runtime: Runtime, own: RateLimit, origin: str, now: datetime) -> None:
    """Count an attempt against its own limit and the origin's; beyond that the origin is slowed. Raises: RateLimited."""
    try:
        count_hit(runtime.database, [own, origin_limit(runtime, origin)], now)
    except RateLimited:
        slowed = rate_limit(runtime.settings.secret_key, SLOWED_ORIGIN_LIMIT, "sign-in", "slowed", origin)
        count_hit(runtime.database, [own, slowed], now)


def _count_attempt(runtime: Runtime, attempt: SignInAttempt, now: datetime) -> tuple[RateLimit, ...]:
    """The limits that the attempt was counted against. Raises: RateLimited."""
    secret_key = runtime.settings.secret_key
    browser = browser_of(attempt.browser_cookie, secret_key, attempt.email)
    if browser is not None:
        key = email_key(attempt.email)
        limits = (rate_limit(secret_key, BROWSER_LIMIT, "sign-in", "browser", browser, key),)
        count_hit(runtime.database, limits, now)
        return limits
    by_email, by_origin = sign_in_limits(runtime, attempt.email, attempt.origin)
    count_guess(runtime, by_email, attempt.origin, now)
    return by_email, by_origin


def _uncount(runtime: Runtime, counted: tuple[RateLimit, ...], now: datetime) -> None:
    """After a right password the email, or the browser, begins anew.

    Of the origin this attempt alone goes: somebody with a working account cannot clear it between guesses at others.
    """
    own, *shared = counted
    reset(runtime.database, own)
    for limit in shared:
        remove_hit(runtime.database, limit, now)


def _member(runtime: Runtime, email: str) -> StaffMember | None:
    with runtime.database.reading() as db:
        return db.scalar(select(StaffMember).where(StaffMember.email == email_key(email)))


def renew_hash(runtime: Runtime, identity: StaffIdentity, password: str) -> StaffIdentity:
    """`identity` with a hash of today's parameters; as it is when the account has another password by now."""
    new_hash = hash_password(password)
    same = (StaffMember.id == identity.staff_id, StaffMember.password_hash == identity.password_hash)
    with runtime.database.writing() as db:
        changed = db.scalars(update(StaffMember).where(*same).values(password_hash=new_hash).returning(StaffMember.id))
        return StaffIdentity(identity.staff_id, new_hash) if changed.all() else identity
