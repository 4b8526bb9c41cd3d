"""A closure made, changed or lifted by staff or a program: capacity ends with it, and everybody affected is on its list."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.rebooking import AFFECTED
from booking.tables import RebookItem
from booking.use_cases.closures import list_touched, touched_by
from core.audit import Actor, record
from core.errors import Invalid, NotFound
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from core.wall_clock import instant_of, unit_after, unit_of
from locations.catalogue_queries import bump_plan, catalogue_by_id
from locations.model import Catalogue, ResourceFacts, ServiceFacts, SiteFacts
from locations.session_facts import FROM_PROGRAM, FROM_STAFF, ClosureFacts
from locations.tables import Closure

LONGEST_DAYS = 5 * 366
Named = TypeVar("Named", SiteFacts, ResourceFacts, ServiceFacts)
SCOPE = ("site", "resource", "service", "topic", "mode")


@dataclass(frozen=True)
class NewClosure:
    """What is shut, from when until when (half-open), and why. No place and nothing else named is the whole council.

    It shuts whole five minutes, all that the period touches.

    A resource is one of the site, or a person who belongs to the council: without a site they are away everywhere, with one
    there alone. Slugs, but for the topic.
    """

    starts_at: datetime
    ends_at: datetime
    reason: str = ""
    site: str | None = None
    resource: str | None = None
    service: str | None = None
    topic: str = ""
    mode: str = ""


@dataclass(frozen=True)
class MadeClosure:
    """A closure, None in a preview, and how many booked appointments it affects; `is_new` unless it was there already."""

    id: int | None
    affected: int
    is_new: bool = True


@dataclass(frozen=True)
class _Scope:
    """The rows that the slugs name."""

    site: SiteFacts | None
    resource: ResourceFacts | None
    service: ServiceFacts | None


def make_closure(
    runtime: Runtime,
    authority_id: int,
    new: NewClosure,
    *,
    actor: Actor,
    idempotency: IdempotencyKey | None = None,
    only_once: bool = False,
) -> MadeClosure:
    """The closure, in force from the commit on. Every booking is refused by it, or is on its list.

    With `only_once` one that shuts exactly this already, at least as long, is left as it is, and given.

    Raises: Invalid, naming the field, for a period or a scope that cannot be; IdempotencyMismatch.
    """

    def operation(db: Session) -> dict[str, Any]:
        return asdict(shut(db, authority_id, new, actor, runtime.clock.database_now(db), only_once=only_once))

    return MadeClosure(**run_once(runtime.database, idempotency, operation, runtime.clock.now()))


def shut(
    db: Session, authority_id: int, new: NewClosure, actor: Actor, now: datetime, *, only_once: bool
) -> MadeClosure:
    """The same in the caller's transaction. Raises: Invalid."""
    closure, affected = _make(db, authority_id, new, actor, now, only_once=only_once)
    if affected is None:
        return MadeClosure(closure.id, 0, is_new=False)
    scope = {name: getattr(new, name) for name in SCOPE if getattr(new, name)}
    _record(db, actor, "closure_made", closure, now, reason=closure.reason, affected=affected, **scope)
    return MadeClosure(closure.id, affected)


def closure_like(db: Session, catalogue: Catalogue, new: NewClosure, now: datetime) -> int | None:
    """The id of a closure in force that shuts the same, at least as long; None for none. Raises: Invalid."""
    known = _like(db, _row_of(catalogue, new, FROM_STAFF, now)[0])
    return known.id if known else None


def affected_by(db: Session, catalogue: Catalogue, new: NewClosure, now: datetime) -> tuple[int, ...]:
    """The ids of the booked appointments that the closure would affect. Nothing is written. Raises: Invalid."""
    touched = touched_by(db, _row_of(catalogue, new, FROM_STAFF, now)[0])
    return tuple(appointment_id for appointment_id, ends_at in touched.items() if ends_at > now)


def catalogue_with(catalogue: Catalogue, new: NewClosure, now: datetime) -> Catalogue:
    """The catalogue as it would be with the closure. Raises: Invalid."""
    row, _ = _row_of(catalogue, new, FROM_STAFF, now)
    period = (row.starts_at, row.ends_at)
    return shut_in(catalogue, period, row.site_id, row.resource_id, row.service_id, topic=new.topic, mode=row.mode)


def shut_in(
    catalogue: Catalogue,
    period: tuple[datetime, datetime],
    site_id: int | None,
    resource_id: int | None,
    service_id: int | None,
    *,
    topic: str,
    mode: str,
) -> Catalogue:
    """The catalogue as it would be if this were shut in the period; no site is the whole council."""
    of_topic = frozenset(one.id for one in catalogue.services if not topic or one.topic == topic)
    shut = of_topic if service_id is None else of_topic & {service_id}
    service_ids = shut if topic or service_id is not None else None
    closure = ClosureFacts(*period, resource_id, "", service_ids, mode)

    def touches(site: SiteFacts) -> bool:
        return site_id in (None, site.id) and (resource_id is None or site.resource(resource_id) is not None)

    sites = (replace(one, closures=(*one.closures, closure)) if touches(one) else one for one in catalogue.sites)
    return replace(catalogue, sites=tuple(sites))


def preview_closure(runtime: Runtime, authority_id: int, new: NewClosure) -> MadeClosure:
    """How many the closure would affect. Nothing is written. Raises: Invalid."""
    with runtime.database.reading() as db:
        affected = affected_by(db, catalogue_by_id(db, authority_id), new, runtime.clock.database_now(db))
    return MadeClosure(None, len(affected))


def lift_closure(runtime: Runtime, authority_id: int, closure_id: int, *, actor: Actor) -> None:
    """End a closure: who has not moved yet keeps their time, and is told so. Raises: NotFound."""
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        closure = _locked(db, authority_id, closure_id)
        if closure.lifted_at is None:
            closure.lifted_at = now
            closure.slug = f"{closure.slug[:40]}-lifted-{closure.id}"  # so that the file may use its name again
            list_touched(db, closure.id, now)
            record(db, actor, "closure_lifted", ("closure", closure.id), authority_id=authority_id, now=now)


def change_closure(
    runtime: Runtime, authority_id: int, closure_id: int, starts_at: datetime, ends_at: datetime, *, actor: Actor
) -> int:
    """Give a closure another period; how many booked appointments it affects that it did not affect before.

    Who is affected no longer keeps their time, and is told so. Raises: Invalid, NotFound.
    """
    check_period(starts_at, ends_at)
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        closure = _locked(db, authority_id, closure_id)
        if closure.lifted_at is not None:
            raise NotFound.because("closure_unknown")
        closure.starts_at, closure.ends_at = instant_of(unit_of(starts_at)), instant_of(unit_after(ends_at))
        db.flush()
        added = list_touched(db, closure.id, now)
        _record(db, actor, "closure_changed", closure, now)
        return added


def closure_progress(db: Session, authority_id: int, closure_id: int) -> Mapping[str, int]:
    """How many appointments the closure affects, and how many of them are in each state. Raises: NotFound."""
    if db.scalar(select(Closure.id).where(Closure.id == closure_id, Closure.authority_id == authority_id)) is None:
        raise NotFound.because("closure_unknown")
    statement = select(RebookItem.state, func.count()).where(RebookItem.closure_id == closure_id)
    rows = db.execute(statement.group_by(RebookItem.state))
    counts: dict[str, int] = {row[0]: row[1] for row in rows}
    by_state = {state.value: counts.get(state.value, 0) for state in AFFECTED}
    return {"affected": sum(by_state.values())} | by_state


def _record(db: Session, actor: Actor, action: str, closure: Closure, now: datetime, **facts: Any) -> None:
    period = {"starts_at": closure.starts_at.isoformat(), "ends_at": closure.ends_at.isoformat()}
    subject = ("closure", closure.id)
    record(db, actor, action, subject, authority_id=closure.authority_id, now=now, **period | facts)


def _make(
    db: Session, authority_id: int, new: NewClosure, actor: Actor, now: datetime, *, only_once: bool
) -> tuple[Closure, int | None]:
    """The closure, and how many it affects; None where it was there already."""
    source = FROM_PROGRAM if actor.kind == "api" else FROM_STAFF
    closure, scope = _row_of(catalogue_by_id(db, authority_id), new, source, now)
    _lock(db, authority_id, scope)
    known = _like(db, closure) if only_once else None
    if known is not None:
        return known, None
    db.add(closure)
    db.flush()
    return closure, list_touched(db, closure.id, now)


def _row_of(catalogue: Catalogue, new: NewClosure, source: str, now: datetime) -> tuple[Closure, _Scope]:
    """The closure as a row that is not in the database yet. Raises: Invalid."""
    check_period(new.starts_at, new.ends_at)
    if new.ends_at <= now:
        raise Invalid.in_field("ends_at", "closure_over")
    scope = _scope_of(catalogue, new)
    closure = Closure(
        authority_id=catalogue.authority.id,
        site_id=scope.site.id if scope.site else None,
        resource_id=scope.resource.id if scope.resource else None,
        service_id=scope.service.id if scope.service else None,
        topic=new.topic,
        mode=new.mode,
        slug=f"closure-{secrets.token_hex(6)}",
        starts_at=instant_of(unit_of(new.starts_at)),
        ends_at=instant_of(unit_after(new.ends_at)),
        reason=new.reason.strip(),
        source=source,
    )
    return closure, scope


def _like(db: Session, closure: Closure) -> Closure | None:
    """A closure in force that shuts the same, at least as long."""
    same = ("authority_id", "site_id", "resource_id", "service_id", "topic", "mode")
    statement = select(Closure).where(
        *(getattr(Closure, name) == getattr(closure, name) for name in same),
        Closure.starts_at <= closure.starts_at,
        Closure.ends_at >= closure.ends_at,
        Closure.lifted_at.is_(None),
    )
    return db.scalars(statement.order_by(Closure.id).limit(1)).first()


def _lock(db: Session, authority_id: int, scope: _Scope) -> None:
    """Lock the sites whose plan changes. A person of the council may work at any."""
    if scope.site is None:
        bump_plan(db, authority_id)
    else:
        bump_plan(db, authority_id, [scope.site.id])


def _locked(db: Session, authority_id: int, closure_id: int) -> Closure:
    """The closure's row, locked after the sites that it shuts. Raises: NotFound."""
    same = (Closure.id == closure_id, Closure.authority_id == authority_id)
    known = db.execute(select(Closure.site_id).where(*same)).first()
    if known is None:
        raise NotFound.because("closure_unknown")
    bump_plan(db, authority_id, None if known.site_id is None else [known.site_id])
    return db.scalars(select(Closure).where(*same).with_for_update()).one()


def check_period(starts_at: datetime, ends_at: datetime) -> None:
    """Raises: Invalid, for a period that no closure can have."""
    if ends_at <= starts_at:
        raise Invalid.in_field("ends_at", "closure_ends_first")
    if (ends_at - starts_at).days > LONGEST_DAYS:
        raise Invalid.in_field("ends_at", "closure_too_long")


def _scope_of(catalogue: Catalogue, new: NewClosure) -> _Scope:
    """Raises: Invalid, when a slug names nothing, or together they shut nothing that there is."""
    site = _named(catalogue.sites, new.site)
    if new.site is not None and site is None:
        raise Invalid.in_field("site", "closure_site_unknown")
    resource = _named(site.resources if site else catalogue.people, new.resource)
    if new.resource is not None and resource is None:
        raise Invalid.in_field("resource", "closure_resource_unknown")
    service = _named(catalogue.services, new.service)
    if new.service is not None and service is None:
        raise Invalid.in_field("service", "closure_service_unknown")
    if new.topic and not any(known.topic == new.topic for known in catalogue.services):
        raise Invalid.in_field("topic", "closure_topic_unknown")
    if new.topic and service is not None and service.topic != new.topic:
        raise Invalid.in_field("topic", "closure_topic_of_others")
    if new.mode and site is not None and new.mode not in site.modes:
        raise Invalid.in_field("mode", "closure_mode_elsewhere")
    return _Scope(site, resource, service)


def _named(choices: Sequence[Named], slug: str | None) -> Named | None:
    return next((one for one in choices if one.slug == slug), None)
