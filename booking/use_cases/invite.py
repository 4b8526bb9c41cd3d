"""Somebody is invited for a service, the invitation is withdrawn, or a colleague sees to one that nobody has answered."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from booking.events import InvitationChange, announce_invitation
from booking.invitations.invitation_rules import (
    BY_VOICE,
    LONGEST_DONE,
    LONGEST_WINDOW,
    LONGEST_WORDS,
    InvitationState,
    InvitedPerson,
    is_task,
    reminder_at,
    ways_to_invite,
)
from booking.invitations.tables import Invitation
from core.audit import Actor, record
from core.contact_values import postal_of
from core.errors import Invalid, NotFound, Stale
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from core.tokens import digest, invitation_token, new_nonce
from core.transactions import run_with_retries
from locations.catalogue_queries import catalogue_by_id
from locations.model import Catalogue, ServiceFacts
from people.residents.resident_repository import lock_known, resident_of
from people.residents.tables import Resident

NOT_CLOSED = (InvitationState.OPEN.value, InvitationState.WAITING.value)


@dataclass(frozen=True)
class NewInvitation:
    """For which service (its slug), from which date to which, both included, and how they are told. No sites are any."""

    service: str
    first_date: date
    last_date: date
    told_by: str
    sites: tuple[str, ...] = ()
    mode: str = ""
    words: str = ""


def invite(
    runtime: Runtime,
    authority_id: int,
    resident_id: int,
    new: NewInvitation,
    *,
    actor: Actor,
    served: Collection[int] | None = None,
    idempotency: IdempotencyKey | None = None,
) -> int:
    """The id of the invitation. `served` are the sites to which the actor may invite; None for all.

    Raises: Invalid, naming the field; NotFound, IdempotencyMismatch.
    """

    def operation(db: Session) -> dict[str, Any]:
        now, catalogue = runtime.clock.database_now(db), catalogue_by_id(db, authority_id)
        resident_of(db, authority_id, resident_id)
        resident = lock_known(db, authority_id, resident_id)
        return {"id": make_invitation(db, runtime, catalogue, resident, new, actor, now, served=served).id}

    made: int = run_once(runtime.database, idempotency, operation, runtime.clock.now())["id"]
    return made


def make_invitation(
    db: Session,
    runtime: Runtime,
    catalogue: Catalogue,
    resident: Resident,
    new: NewInvitation,
    actor: Actor,
    now: datetime,
    *,
    served: Collection[int] | None = None,
) -> Invitation:
    """The invitation of a resident who is locked, in the transaction of `db`. Raises: Invalid, naming the field."""
    service, zone = service_to_invite_for(catalogue, new.service), catalogue.authority.zone
    check_window(new.first_date, new.last_date, now.astimezone(ZoneInfo(zone)).date())
    site_ids = sites_to_invite_to(catalogue, service, new.sites, served)
    _check_how(service, resident, new)
    if open_invitation(db, resident.id, service.id) is not None:
        raise Invalid.in_field("service", "invited_already")
    nonce = new_nonce()
    row = Invitation(
        authority_id=catalogue.authority.id,
        resident_id=resident.id,
        service_id=service.id,
        site_ids=site_ids,
        **{name: getattr(new, name) for name in ("first_date", "last_date", "mode", "words", "told_by")},
        state=InvitationState.OPEN.value,
        link_nonce=nonce,
        link_digest=digest(invitation_token(runtime.settings.secret_key, nonce)),
        invited_by=actor.id if actor.kind == "staff" else None,
        invited_at=now,
        remind_at=reminder_at(now, new.first_date, new.last_date, zone, new.told_by),
    )
    db.add(row)
    db.flush()
    _record(db, row, "invited", actor, now, told_by=new.told_by)
    if new.told_by != BY_VOICE:
        announce_invitation(db, InvitationChange(row.authority_id, row.id, "invited", now))
    return row


def _check_how(service: ServiceFacts, resident: Resident, new: NewInvitation) -> None:
    """Raises: Invalid, when the service is not given in this way, the words are too many, or nothing reaches them so."""
    if new.mode and new.mode not in service.modes:
        raise Invalid.in_field("mode", "invitation_mode")
    if len(new.words) > LONGEST_WORDS:
        raise Invalid.in_field("words", "too_long", longest=LONGEST_WORDS)
    if new.told_by not in ways_to_invite(person_of(resident)):
        raise Invalid.in_field("told_by", "wish_told_by_unreachable")


def service_to_invite_for(catalogue: Catalogue, slug: str) -> ServiceFacts:
    """The service, if some session is for it: one that only staff book otherwise, too. Raises: Invalid."""
    found = next((one for one in catalogue.public_services() if one.slug == slug), None)
    if found is None:
        raise Invalid.in_field("service", "invitation_service_unknown")
    return found


def check_window(first_date: date, last_date: date, today: date) -> None:
    """Raises: Invalid, when the dates are past, the wrong way round, or too far apart."""
    if last_date < first_date:
        raise Invalid.in_field("last_date", "window_ends_first")
    if last_date < today:
        raise Invalid.in_field("last_date", "window_over")
    if last_date - today > LONGEST_WINDOW:
        raise Invalid.in_field("last_date", "window_too_far", days=LONGEST_WINDOW.days)


def sites_to_invite_to(
    catalogue: Catalogue, service: ServiceFacts, slugs: tuple[str, ...], served: Collection[int] | None
) -> list[int]:
    """The ids of the sites of these slugs, to which whoever serves these may invite. Raises: Invalid."""
    offering = {site.slug: site.id for site in catalogue.sites if service.id in site.service_ids}
    if not set(slugs) <= offering.keys():
        raise Invalid.in_field("sites", "wish_site_unknown")
    ids = sorted(offering[slug] for slug in set(slugs))
    if served is not None and (not ids or not set(ids) <= set(served)):
        raise Invalid.in_field("sites", "invitation_sites_served")
    return ids


def person_of(resident: Resident) -> InvitedPerson:
    """How the resident can be reached; an address from which something came back is none."""
    return InvitedPerson(
        email="" if resident.email_returned_at else resident.email,
        phone=resident.phone,
        postal="" if resident.letter_returned_at else postal_of(resident.address, resident.postcode),
        preference=resident.contact_preference,
        do_not_text=resident.do_not_text,
        letter_format=resident.letter_format,
    )


def open_invitation(db: Session, resident_id: int, service_id: int, except_id: int = 0) -> Invitation | None:
    """The invitation of the resident for the service, but for `except_id`, that is open or waits for its wave."""
    same = (Invitation.resident_id == resident_id, Invitation.service_id == service_id, Invitation.id != except_id)
    return db.scalars(select(Invitation).where(*same, Invitation.state.in_(NOT_CLOSED))).first()


def withdraw_invitation(runtime: Runtime, authority_id: int, invitation_id: int, *, actor: Actor) -> None:
    """The link books nothing any more, and says so. A second time it changes nothing.

    Raises: NotFound, Stale when it is answered or over meanwhile.
    """

    def change(db: Session, row: Invitation, now: datetime) -> None:
        if row.state == InvitationState.WITHDRAWN:
            return
        if row.state not in NOT_CLOSED:
            raise Stale.because("invitation_changed")
        _close(row, now)
        _record(db, row, "invitation_withdrawn", actor, now)

    _change(runtime, authority_id, invitation_id, change)


def end_invitations_of_resident(db: Session, resident_id: int, now: datetime) -> None:
    """Withdraw every open invitation of the resident in the transaction of `db`: nothing is kept about them any more."""
    _end_all(db, Invitation.resident_id == resident_id, now)


def _end_all(db: Session, of_whom: ColumnElement[bool], now: datetime) -> None:
    is_open = Invitation.state.in_(NOT_CLOSED)
    for row in db.scalars(select(Invitation).where(of_whom, is_open).order_by(Invitation.id).with_for_update()):
        _close(row, now)


def _close(row: Invitation, now: datetime) -> None:
    row.state, row.closed_at, row.remind_at = InvitationState.WITHDRAWN.value, now, None


def take_invitation(runtime: Runtime, authority_id: int, invitation_id: int, seen: int | None, *, actor: Actor) -> None:
    """Put this colleague's name on what nobody has answered; it had the name of `seen`, or nobody's.

    Raises: NotFound, Stale when it is nobody's task any more, or has another name by now.
    """

    def change(db: Session, row: Invitation, now: datetime) -> None:
        if row.staff_id == actor.id and is_task(row.state, row.untold, row.done_at, row.same_number):
            return
        if row.staff_id != seen or not is_task(row.state, row.untold, row.done_at, row.same_number):
            raise Stale.because("invitation_changed")
        row.staff_id = actor.id
        _record(db, row, "invitation_taken", actor, now)

    _change(runtime, authority_id, invitation_id, change)


def finish_invitation(runtime: Runtime, authority_id: int, invitation_id: int, done: str, *, actor: Actor) -> None:
    """Note what was done about what nobody has answered; the same a second time changes nothing.

    Raises: NotFound; Invalid without words; Stale when it is somebody else's, or done with other words.
    """
    if not done or len(done) > LONGEST_DONE:
        raise Invalid.in_field("done", "note_too_long_or_empty", longest=LONGEST_DONE)

    def change(db: Session, row: Invitation, now: datetime) -> None:
        if row.done_at is not None and row.done == done and row.staff_id == actor.id:
            return
        if row.staff_id != actor.id or not is_task(row.state, row.untold, row.done_at, row.same_number):
            raise Stale.because("invitation_changed")
        row.done_at, row.done = now, done
        _record(db, row, "invitation_seen_to", actor, now)

    _change(runtime, authority_id, invitation_id, change)


def _change(
    runtime: Runtime, authority_id: int, invitation_id: int, change: Callable[[Session, Invitation, datetime], None]
) -> None:
    def operation(db: Session) -> None:
        same = (Invitation.id == invitation_id, Invitation.authority_id == authority_id)
        row = db.scalars(select(Invitation).where(*same).with_for_update()).first()
        if row is None:
            raise NotFound.because("invitation_unknown")
        change(db, row, runtime.clock.database_now(db))

    run_with_retries(runtime.database, operation)


def _record(db: Session, row: Invitation, action: str, actor: Actor, now: datetime, **facts: Any) -> None:
    about = {"service": row.service_id} | facts
    record(db, actor, action, ("invitation", row.id), authority_id=row.authority_id, now=now, **about)
