"""The second step of signing in: set up, confirmed, asked for, and taken away.

No row holds the key: it is derived from a nonce with `SECRET_KEY`. A recovery code works once, and is kept as a keyed
digest. Guesses are limited for each account, which only who knows its password can use up, and for each origin.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.audit import Actor, record
from core.database import secret_keys_of
from core.errors import NotAllowed, NotFound
from core.rate_limits import RateLimit, count_hit, rate_limit, remove_hit, reset
from core.runtime import Runtime
from core.tokens import new_nonce, new_recovery_code, recovery_digest, second_step_key, stamp_of
from people.staff import sign_in_sessions
from people.staff.one_time_codes import clean_code, matching_interval
from people.staff.policy import Role
from people.staff.second_step_queries import codes_left, demanded_roles, has_second_step, key_to_confirm
from people.staff.sign_in import SignInAttempt, StaffIdentity, authenticate, count_guess, origin_limit
from people.staff.sign_in_sessions import SignedInStaff
from people.staff.tables import RecoveryCode, SecondStep, SecondStepDemand, StaffMember

CODE_LIMIT = "5/15 minutes"
RECOVERY_CODES = 10
PASSWORD_COUNTS = timedelta(minutes=10)  # between the password and the code


class WrongCode(NotAllowed):
    """The code is not the one of now, or was used already."""


@dataclass(frozen=True)
class FirstStep:
    """That somebody knew the password: whose, of which password, and when. A browser may keep it, signed."""

    staff_id: int
    password_stamp: str
    at: datetime


def first_step_of(runtime: Runtime, identity: StaffIdentity) -> FirstStep | None:
    """What is left to be followed by a code, or None when the password is enough."""
    with runtime.database.reading() as db:
        if not has_second_step(db, identity.staff_id):
            return None
    return FirstStep(identity.staff_id, stamp_of(identity.password_hash), runtime.clock.now())


def finish_sign_in(runtime: Runtime, first: FirstStep, code: str, origin: str) -> StaffIdentity:
    """Who has proved both, by a code that was sent from `origin`.

    Raises: NotFound when the password is too long ago, or another one by now; WrongCode, RateLimited.
    """
    now = runtime.clock.now()
    with runtime.database.reading() as db:
        member = db.get(StaffMember, first.staff_id)
    is_over = not first.at <= now < first.at + PASSWORD_COUNTS
    if member is None or is_over or not member.is_active or stamp_of(member.password_hash) != first.password_stamp:
        raise NotFound
    _check_code(runtime, member.id, code, origin)
    return StaffIdentity(member.id, member.password_hash, has_proved_code=True)


def begin_set_up(runtime: Runtime, staff: SignedInStaff, attempt: SignInAttempt) -> None:
    """Make a new key for `staff`, unless they have a second step already.

    Whoever sits at an unlocked screen shuts nobody out by an app of their own. Raises: WrongPassword, RateLimited.
    """
    authenticate(runtime, attempt)
    now = runtime.clock.now()
    with runtime.database.writing() as db:
        _lock(db, staff.staff_id)
        if not has_second_step(db, staff.staff_id):
            db.execute(delete(SecondStep).where(SecondStep.staff_id == staff.staff_id))
            db.add(SecondStep(staff_id=staff.staff_id, nonce=new_nonce(), made_at=now, last_interval=0))


def confirm_set_up(runtime: Runtime, staff: SignedInStaff, code: str) -> list[str]:
    """The recovery codes, shown this once; from now on a code is asked for. Other sessions end.

    Raises: WrongCode, RateLimited, NotFound when there is nothing to confirm.
    """
    now = runtime.clock.now()
    limit = _limit_of(runtime, staff.staff_id)
    count_hit(runtime.database, [limit], now)
    with runtime.database.writing() as db:
        _lock(db, staff.staff_id)
        key, step = key_to_confirm(db, staff.staff_id, now), db.get(SecondStep, staff.staff_id)
        if key is None or step is None:
            raise NotFound
        interval = matching_interval(key, clean_code(code), now, after=0)
        if interval is None:
            raise WrongCode
        step.confirmed_at, step.last_interval = now, interval
        codes = _new_recovery_codes(db, staff.staff_id)
        sign_in_sessions.end_others(db, staff.staff_id, staff.session_id, now)
        _record(db, staff, "own_second_step_on", now)
    reset(runtime.database, limit)
    return codes


def turn_off(runtime: Runtime, staff: SignedInStaff, attempt: SignInAttempt) -> None:
    """Sign in with the password alone again. Raises: WrongPassword, RateLimited."""
    authenticate(runtime, attempt)
    with runtime.database.writing() as db:
        remove_second_step(db, staff.staff_id)
        _record(db, staff, "own_second_step_off", runtime.clock.now())


def remove_second_step(db: Session, staff_id: int) -> None:
    """Take the second step of a member of staff away, with its recovery codes."""
    db.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff_id))
    db.execute(delete(SecondStep).where(SecondStep.staff_id == staff_id))


def demand(runtime: Runtime, staff: SignedInStaff, roles: Collection[Role]) -> None:
    """Demand a second step of everybody with one of these roles, and of nobody else."""
    now, authority_id = runtime.clock.now(), staff.authority_id
    with runtime.database.writing() as db:
        _lock(db, staff.staff_id)
        was = demanded_roles(db, authority_id)
        if was == frozenset(roles):
            return
        db.execute(delete(SecondStepDemand).where(SecondStepDemand.authority_id == authority_id))
        db.add_all(SecondStepDemand(authority_id=authority_id, role=role.value) for role in sorted(set(roles)))
        actor, facts = Actor("staff", staff.staff_id, staff.name), {"was": sorted(was), "roles": sorted(roles)}
        subject = ("authority", authority_id)
        record(db, actor, "second_step_demanded", subject, authority_id=authority_id, now=now, demanded=facts)


def _limit_of(runtime: Runtime, staff_id: int) -> RateLimit:
    return rate_limit(runtime.settings.secret_key, CODE_LIMIT, "second-step", str(staff_id))


def _check_code(runtime: Runtime, staff_id: int, typed: str, origin: str) -> None:
    """Use up a code of the app, or a recovery code. Raises: WrongCode, RateLimited."""
    now, code = runtime.clock.now(), clean_code(typed)
    limit = _limit_of(runtime, staff_id)
    count_guess(runtime, limit, origin, now)
    with runtime.database.writing() as db:
        _lock(db, staff_id)
        if not _use_app_code(db, staff_id, code, now):
            if not _use_recovery_code(db, staff_id, code):
                raise WrongCode
            _record_recovery_code(db, staff_id, now)
    reset(runtime.database, limit)
    remove_hit(runtime.database, origin_limit(runtime, origin), now)


def _use_app_code(db: Session, staff_id: int, code: str, now: datetime) -> bool:
    step = db.get(SecondStep, staff_id)
    if step is None or step.confirmed_at is None:
        return False
    for secret_key in secret_keys_of(db):
        interval = matching_interval(second_step_key(secret_key, step.nonce), code, now, after=step.last_interval)
        if interval is not None:
            step.last_interval = interval
            return True
    return False


def _use_recovery_code(db: Session, staff_id: int, code: str) -> bool:
    digests = [recovery_digest(secret_key, staff_id, code) for secret_key in secret_keys_of(db)]
    used = delete(RecoveryCode).where(RecoveryCode.staff_id == staff_id, RecoveryCode.digest.in_(digests))
    return bool(db.scalars(used.returning(RecoveryCode.id)).all())


def _record_recovery_code(db: Session, staff_id: int, now: datetime) -> None:
    """Whoever reads the record sees that a code from paper was used, and how many are left."""
    member = db.get_one(StaffMember, staff_id)
    actor, left = Actor("staff", member.id, member.name), codes_left(db, member.id)
    record(
        db, actor, "own_recovery_code_used", ("staff", member.id), authority_id=member.authority_id, now=now, left=left
    )


def _new_recovery_codes(db: Session, staff_id: int) -> list[str]:
    db.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff_id))
    codes, key = [new_recovery_code() for _ in range(RECOVERY_CODES)], secret_keys_of(db)[0]
    db.add_all(
        RecoveryCode(staff_id=staff_id, digest=recovery_digest(key, staff_id, clean_code(code))) for code in codes
    )
    return codes


def _lock(db: Session, staff_id: int) -> None:
    """Two who use the same code at once take turns, so that only one of them is let in."""
    db.execute(select(StaffMember.id).where(StaffMember.id == staff_id).with_for_update())


def _record(db: Session, staff: SignedInStaff, action: str, now: datetime) -> None:
    actor, subject = Actor("staff", staff.staff_id, staff.name), ("staff", staff.staff_id)
    record(db, actor, action, subject, authority_id=staff.authority_id, now=now)
