"""Names the adviser whom somebody has for a service, and ends that."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.advisers.tables import NamedAdviser
from booking.queries.advisers import is_of_others, named_stamp, today_of, works_for
from core.audit import Actor, record
from core.errors import Invalid, Stale
from core.runtime import Runtime
from core.tokens import adviser_token, digest, new_nonce
from locations.catalogue_queries import catalogue_by_id
from locations.model import Catalogue
from people.residents.resident_repository import lock_known, resident_of

LONGEST = timedelta(days=2 * 366)


@dataclass(frozen=True)
class NewNamedAdviser:
    """Who is to serve somebody, for which service, until which day, that day included."""

    service: str
    resource_id: int
    until: date


def name_adviser(
    runtime: Runtime,
    authority_id: int,
    resident_id: int,
    new: NewNamedAdviser,
    *,
    actor: Actor,
    seen: str | None = None,
    served: Collection[int] | None = None,
) -> None:
    """Name the adviser, in place of another one for the same service. The link that was given for it goes on working.

    `seen` is the stamp of who was named on the page, `served` are the sites whose advisers the actor may change; None for
    all. Again it changes nothing. Raises: Invalid, NotFound, and Stale when a colleague has changed it since.
    """
    with runtime.database.writing() as db:
        now, catalogue = runtime.clock.database_now(db), catalogue_by_id(db, authority_id)
        resident_of(db, authority_id, resident_id)
        lock_known(db, authority_id, resident_id)
        service, today = catalogue.service(new.service), today_of(catalogue, now)
        if not works_for(catalogue, new.resource_id, service, today):
            raise Invalid.in_field("adviser", "adviser_not_for_service")
        if not today <= new.until <= today + LONGEST:
            raise Invalid.in_field("until", "until_out_of_range")
        row = _row(db, authority_id, resident_id, service.id)
        if row is not None and (row.resource_id, row.until) == (new.resource_id, new.until):
            return
        _check_seen(db, resident_id, seen)
        _check_served(catalogue, row, served)
        row = row or _new_row(db, runtime, (authority_id, resident_id, service.id))
        row.resource_id, row.until, row.named_at = new.resource_id, new.until, now
        _record(db, row, "adviser_named", actor, now)


def _new_row(db: Session, runtime: Runtime, whose: tuple[int, int, int]) -> NamedAdviser:
    """The row of a council's resident for a service, with a link of its own."""
    nonce = new_nonce()
    row = NamedAdviser(
        **dict(zip(("authority_id", "resident_id", "service_id"), whose, strict=True)),
        link_nonce=nonce,
        link_digest=digest(adviser_token(runtime.settings.secret_key, nonce)),
    )
    db.add(row)
    return row


def end_named_adviser(
    runtime: Runtime,
    authority_id: int,
    resident_id: int,
    service_id: int,
    *,
    actor: Actor,
    seen: str | None = None,
    served: Collection[int] | None = None,
) -> None:
    """They have no named adviser for the service any more, and the link ends with it. Where they have none, nothing.

    `seen` is the stamp of who was named on the page, `served` are the sites whose advisers the actor may change; None for
    all. Raises: Invalid, for an adviser of other sites; NotFound, for a resident or a service that the council does not
    have; Stale when a colleague has changed it since.
    """
    with runtime.database.writing() as db:
        resident_of(db, authority_id, resident_id)
        lock_known(db, authority_id, resident_id)
        row, catalogue = _row(db, authority_id, resident_id, service_id), catalogue_by_id(db, authority_id)
        if row is None:
            catalogue.service_by_id(service_id)
        else:
            _check_seen(db, resident_id, seen)
            _check_served(catalogue, row, served)
            _record(db, row, "named_adviser_ended", actor, runtime.clock.database_now(db))
            db.delete(row)


def _check_seen(db: Session, resident_id: int, seen: str | None) -> None:
    """Raises: Stale when others are named than the page showed."""
    if seen is not None and seen != named_stamp(db, resident_id):
        raise Stale.because("advisers_changed")


def _check_served(catalogue: Catalogue, row: NamedAdviser | None, served: Collection[int] | None) -> None:
    """Raises: Invalid, where somebody is named who works at none of these sites: that is for whoever manages theirs."""
    if row is not None and is_of_others(catalogue, row.resource_id, served):
        raise Invalid.in_field("service", "adviser_of_another_site")


def _row(db: Session, authority_id: int, resident_id: int, service_id: int) -> NamedAdviser | None:
    same = (NamedAdviser.resident_id == resident_id, NamedAdviser.service_id == service_id)
    return db.scalar(select(NamedAdviser).where(NamedAdviser.authority_id == authority_id, *same))


def _record(db: Session, row: NamedAdviser, action: str, actor: Actor, now: datetime) -> None:
    facts = {"service": row.service_id, "resource": row.resource_id, "until": row.until.isoformat()}
    record(db, actor, action, ("resident", row.resident_id), authority_id=row.authority_id, now=now, reason="", **facts)
