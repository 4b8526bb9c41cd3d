"""Holds: capacity set aside for a few minutes while somebody fills in a form or talks on the phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from booking.capacity.placement import Placement, claim_for_hold, live_hold, lock_hold, place, release
from booking.capacity.same_time import place_beside
from booking.proposals.tables import Proposal
from booking.rebooking import ProposalState
from booking.slot_tokens import SlotKey, decode, encode
from booking.tables import Allocation, Hold
from core.database import connection_of, table_of
from core.errors import RateLimited
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from core.tokens import digest, hold_token, new_nonce
from core.transactions import lock_by_name
from core.wall_clock import ONE_DAY, TICK
from locations.catalogue_queries import catalogue_while_locked

HOLD_PERIOD = timedelta(minutes=10)
LONGEST_HOLD = timedelta(hours=2)
# Holds of one origin that are alive at once, in all and of one day at one site. A library's computers are one origin, as
# are the telephones of one network: they wait for minutes at the worst, and one stranger never holds a site's whole day.
MOST_ALIVE = 10
MOST_ALIVE_OF_SITE_DAY = 4
UNITS_PER_DAY = ONE_DAY // TICK

_holds, _allocations = table_of(Hold), table_of(Allocation)


@dataclass(frozen=True)
class HeldSlot:
    """A hold that has not expired: its token, what it holds, and until when (UTC)."""

    token: str
    slot_key: SlotKey
    expires_at: datetime


def hold_slot(
    runtime: Runtime,
    slot_key: SlotKey,
    *,
    for_public: bool,
    needs: frozenset[str] = frozenset(),
    replaces: str | None = None,
    origin: str = "",
    idempotency: IdempotencyKey | None = None,
) -> HeldSlot:
    """The slot, held for ten minutes. `replaces` is the token of an earlier hold, which is released with it.

    `origin` is the digest of where a stranger asks from: of one origin only so many holds are alive at once.
    Raises: SlotTaken, TooSoon, TooFar, NotFound, RateLimited, IdempotencyMismatch.
    """

    def operation(db: Session) -> dict[str, Any]:
        return hold_in_transaction(
            db, runtime, slot_key, for_public=for_public, needs=needs, replaces=replaces, origin=origin
        )

    return held_slot_of(runtime, run_once(runtime.database, idempotency, operation, runtime.clock.now()))


def hold_in_transaction(
    db: Session,
    runtime: Runtime,
    slot_key: SlotKey,
    *,
    for_public: bool,
    needs: frozenset[str],
    replaces: str | None = None,
    origin: str = "",
    until: datetime | None = None,
    takes_kept: bool = False,
) -> dict[str, Any]:
    """Hold the slot in the transaction of `db`: its nonce, slot and end as plain values. See `hold_slot`.

    It is held for ten minutes, or `until` another instant; with `takes_kept` also where it is kept for the waiting list.
    """
    nonce = new_nonce()
    now = runtime.clock.database_now(db)
    if origin:
        lock_by_name(db, f"holds of {origin}")
    if replaces:
        _replace(db, slot_key, replaces)
    if origin:
        _check_share(db, slot_key, origin, now)
    placement = place(db, slot_key, now, for_public=for_public, needs=needs, takes_kept=takes_kept)
    owner = _Owner(slot_key.authority_id, slot_key.site_id, origin, nonce)
    held = _write(db, runtime, placement, owner, (now, until or now + HOLD_PERIOD))
    return {"nonce": nonce, "slot_token": encode(held.slot_key), "expires_at": held.expires_at.isoformat()}


def hold_beside(
    db: Session, runtime: Runtime, slot_key: SlotKey, *, needs: frozenset[str], until: datetime, appointment_id: int
) -> dict[str, Any]:
    """As `hold_in_transaction`, of the appointment's own time in another way: what it occupies already is not held twice."""
    nonce, now = new_nonce(), runtime.clock.database_now(db)
    placement = place_beside(db, slot_key, now, needs=needs, appointment_id=appointment_id)
    owner = _Owner(slot_key.authority_id, slot_key.site_id, "", nonce)
    held = _write(db, runtime, placement, owner, (now, until))
    return {"nonce": nonce, "slot_token": encode(held.slot_key), "expires_at": held.expires_at.isoformat()}


def held_slot_of(runtime: Runtime, body: dict[str, Any]) -> HeldSlot:
    """The hold that `hold_in_transaction` has written."""
    token = hold_token(runtime.settings.secret_key, body["nonce"])
    return HeldSlot(token, decode(body["slot_token"]), datetime.fromisoformat(body["expires_at"]))


@dataclass(frozen=True)
class _Owner:
    """Whose hold it becomes: council, site, the origin of a stranger, and the nonce of its token."""

    authority_id: int
    site_id: int
    origin: str
    nonce: str


def _write(
    db: Session, runtime: Runtime, placement: Placement, owner: _Owner, period: tuple[datetime, datetime]
) -> HeldSlot:
    # The slot of the placement, with its extra time: an appointment made from a hold is as long as the hold.
    token = hold_token(runtime.settings.secret_key, owner.nonce)
    held = HeldSlot(token, placement.slot_key, period[1])
    values = {
        "authority_id": owner.authority_id,
        "site_id": owner.site_id,
        "token_digest": digest(held.token),
        "slot_token": encode(placement.slot_key),
        "origin": owner.origin,
        "created_at": period[0],
        "expires_at": held.expires_at,
    }
    hold_id = connection_of(db).execute(_holds.insert().returning(_holds.c.id), values).scalar_one()
    claim_for_hold(db, placement, hold_id=hold_id, expires_at=held.expires_at)
    return held


def _check_share(db: Session, slot_key: SlotKey, origin: str, now: datetime) -> None:
    """Raises: RateLimited, with the instant when a hold of this origin ends that makes room for another."""
    alive = connection_of(db).execute(
        select(_holds.c.slot_token, _holds.c.expires_at)
        .where(_holds.c.origin == origin, _holds.c.authority_id == slot_key.authority_id, _holds.c.expires_at > now)
        .order_by(_holds.c.expires_at)
    )
    ends = [(decode(row.slot_token), row.expires_at) for row in alive]
    same_day = [end for other, end in ends if other.site_id == slot_key.site_id and _day(other) == _day(slot_key)]
    if len(ends) >= MOST_ALIVE:
        raise RateLimited(ends[-MOST_ALIVE][1])
    if len(same_day) >= MOST_ALIVE_OF_SITE_DAY:
        raise RateLimited(same_day[-MOST_ALIVE_OF_SITE_DAY])


def _day(slot_key: SlotKey) -> int:
    return slot_key.start_unit // UNITS_PER_DAY


def prolong_hold(runtime: Runtime, authority_id: int, token: str) -> datetime:
    """Hold for ten minutes from now what is held by `token`, but never longer than two hours in all; until when it is held.

    Ten times ten minutes and more: WCAG 2.2, 2.2.1 (Timing Adjustable), read 2026-11-25. Raises: HoldExpired.
    """
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        row = live_hold(db, authority_id, token, now)
        catalogue_while_locked(db, authority_id, [row.site_id])
        lock_hold(db, row, now)
        expires_at = max(row.expires_at, min(now + HOLD_PERIOD, row.created_at + LONGEST_HOLD))
        connection = connection_of(db)
        of_hold = ((_holds, _holds.c.id), (_allocations, _allocations.c.hold_id))
        for table, column in of_hold:
            connection.execute(update(table).where(column == row.id).values(expires_at=expires_at))
        return expires_at


def release_hold(runtime: Runtime, authority_id: int, token: str) -> None:
    """Delete a hold, which frees its capacity. Releasing one that is gone already changes nothing."""
    with runtime.database.writing() as db:
        release_in_transaction(db, authority_id, token)


def held(db: Session, authority_id: int, token: str, now: datetime) -> HeldSlot:
    """The hold of `token`. Raises: HoldExpired, when it has expired at `now`."""
    row = live_hold(db, authority_id, token, now)
    return HeldSlot(token, decode(row.slot_token), row.expires_at)


def delete_expired_holds(db: Session, now: datetime) -> int:
    """Delete expired holds with their allocations; how many there were.

    That of an open proposal is left to whoever ends the proposal, which is locked before its hold: two who lock the same
    rows in another order would wait for each other.
    """
    is_proposed = exists().where(Proposal.hold_id == _holds.c.id, Proposal.state == ProposalState.OPEN.value)
    expired = select(_holds.c.id).where(_holds.c.expires_at <= now, ~is_proposed).order_by(_holds.c.id)
    return delete_holds(db, connection_of(db).scalars(expired.with_for_update(skip_locked=True, of=_holds)).all())


def delete_holds(db: Session, hold_ids: Sequence[int]) -> int:
    """Delete these holds and their allocations, which are locked by id as everywhere; how many holds there were."""
    connection = connection_of(db)
    allocations = select(_allocations.c.id).where(_allocations.c.hold_id.in_(hold_ids)).order_by(_allocations.c.id)
    ids = connection.scalars(allocations.with_for_update()).all()
    connection.execute(delete(_allocations).where(_allocations.c.id.in_(ids)))
    connection.execute(delete(_holds).where(_holds.c.id.in_(hold_ids)))
    return len(hold_ids)


def _replace(db: Session, slot_key: SlotKey, token: str) -> None:
    """Release the hold of `token` for `slot_key`: both sites are locked before the hold, in the order of every writer."""
    same = (_holds.c.token_digest == digest(token), _holds.c.authority_id == slot_key.authority_id)
    site_id = connection_of(db).scalar(select(_holds.c.site_id).where(*same))
    if site_id is not None:
        catalogue_while_locked(db, slot_key.authority_id, [site_id, slot_key.site_id])
        release_in_transaction(db, slot_key.authority_id, token)


def release_in_transaction(db: Session, authority_id: int, token: str) -> None:
    """Delete the hold of `token`, if it is there still, in the transaction of `db`."""
    connection = connection_of(db)
    hold_id = connection.scalar(
        select(_holds.c.id)
        .where(_holds.c.token_digest == digest(token), _holds.c.authority_id == authority_id)
        .with_for_update()
    )
    if hold_id is not None:
        release(db, hold_id=hold_id)
        connection.execute(delete(_holds).where(_holds.c.id == hold_id))
