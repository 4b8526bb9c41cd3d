"""A colleague leaves: their account ends, nobody can book them any more, and who is booked with them is listed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.queries.closure_lists import closures_of_resource
from booking.use_cases.make_closure import LONGEST_DAYS, NewClosure, affected_by, closure_like, shut
from core.runtime import Runtime
from core.transactions import run_with_retries
from locations.catalogue_queries import catalogue_by_id
from locations.model import PERSON_KINDS, Catalogue, ResourceFacts, SiteFacts
from people.staff import accounts
from people.staff.colleague_queries import adviser_of_staff
from people.staff.colleagues import Change, begin_change, say_who_they_are
from people.staff.sign_in_sessions import SignedInStaff

PersonOfPlan = tuple[SiteFacts | None, ResourceFacts]
"""An adviser or interpreter with their site; None for one who belongs to the council."""


@dataclass(frozen=True)
class PlaceOfWork:
    """A site at which somebody of the plan works, and how many people are booked with them there."""

    site: SiteFacts
    visits: int


def deactivate_colleague(runtime: Runtime, staff: SignedInStaff, staff_id: int, *, reason: str = "") -> None:
    """End the account; with it the adviser whom they are in the plan is shut, at the sites that `staff` manages.

    `reason` is what colleagues read of it. Raises: Invalid (the last administrator), NotFound.
    """

    def operation(db: Session) -> None:
        change = begin_change(db, staff, runtime.clock.now())
        accounts.deactivate_staff(db, change.colleague(staff_id).email, actor=change.actor, now=change.now)
        _shut(change, staff_id, reason)

    run_with_retries(runtime.database, operation)


def name_in_plan(
    runtime: Runtime, staff: SignedInStaff, staff_id: int, resource_id: int | None, *, reason: str = ""
) -> None:
    """Say which adviser or interpreter a colleague is, or (None) nobody; of somebody who has left, that one is shut.

    Raises: NotFound.
    """

    def operation(db: Session) -> None:
        change = begin_change(db, staff, runtime.clock.now())
        say_who_they_are(change, staff_id, resource_id)
        if not change.colleague(staff_id).is_active:
            _shut(change, staff_id, reason)

    run_with_retries(runtime.database, operation)


def _shut(change: Change, staff_id: int, reason: str) -> None:
    """Shut whom they are in the plan, but where a closure does so that goes on as long as anything can be booked."""
    db, authority_id = change.db, change.staff.authority_id
    catalogue = catalogue_by_id(db, authority_id)
    furthest = change.now + timedelta(days=catalogue.authority.horizon_days + 1)
    for away in absences_of(db, catalogue, staff_id, change.now, change.reach.sites, reason):
        asked = replace(away, ends_at=furthest)
        if not any(closure_like(db, catalogue, one, change.now) for one in _as_wide(catalogue, asked)):
            shut(db, authority_id, away, change.actor, change.now, only_once=True)


def _as_wide(catalogue: Catalogue, away: NewClosure) -> list[NewClosure]:
    """What shuts all of it: itself, and for a person of the council the closure of every site."""
    is_wide = any(one.slug == away.resource for one in catalogue.people)
    return [away, replace(away, site=None)] if is_wide and away.site is not None else [away]


def people_of_plan(catalogue: Catalogue) -> list[PersonOfPlan]:
    """Every adviser and interpreter: those of the council, and then those of each site."""
    wide: list[PersonOfPlan] = [(None, person) for person in catalogue.people]
    own = ((site, one) for site in catalogue.sites for one in site.resources if not one.is_council_wide)
    return [*wide, *((site, one) for site, one in own if one.kind in PERSON_KINDS)]


def absences_of(
    db: Session,
    catalogue: Catalogue,
    staff_id: int,
    now: datetime,
    managed: Collection[int] | None,
    reason: str = "",
) -> tuple[NewClosure, ...]:
    """What is shut when somebody leaves now: at every site, or at those alone whose ids are `managed` by whoever says so.

    Nothing for who is nobody in the plan.
    """
    found = _person(db, catalogue, staff_id)
    if found is None:
        return ()
    home, person = found
    away = NewClosure(now, now + timedelta(days=LONGEST_DAYS - 1), reason, resource=person.slug)
    if home is None and managed is None:
        return (away,)
    sites = (site for site in _sites_of(catalogue, found) if managed is None or site.id in managed)
    return tuple(replace(away, site=site.slug) for site in sites)


def places_of_work(db: Session, catalogue: Catalogue, staff_id: int, now: datetime) -> tuple[PlaceOfWork, ...]:
    """Where the member of staff works as somebody of the plan, and how many are booked with them at each."""
    found = _person(db, catalogue, staff_id)
    if found is None:
        return ()
    away = NewClosure(now, now + timedelta(days=LONGEST_DAYS - 1), resource=found[1].slug)
    return tuple(
        PlaceOfWork(site, len(affected_by(db, catalogue, replace(away, site=site.slug), now)))
        for site in _sites_of(catalogue, found)
    )


def open_places(db: Session, catalogue: Catalogue, staff_id: int, now: datetime) -> tuple[PlaceOfWork, ...]:
    """Those of the places at which nothing shuts them now: whoever is booked with them there is on no list."""
    resource_id = adviser_of_staff(db, staff_id)
    closures = closures_of_resource(db, resource_id, now) if resource_id else ()
    places = places_of_work(db, catalogue, staff_id, now)
    return tuple(place for place in places if not any(one.shuts(place.site.id, now) for one in closures))


def _person(db: Session, catalogue: Catalogue, staff_id: int) -> PersonOfPlan | None:
    resource_id = adviser_of_staff(db, staff_id)
    return next((one for one in people_of_plan(catalogue) if one[1].id == resource_id), None)


def _sites_of(catalogue: Catalogue, person: PersonOfPlan) -> list[SiteFacts]:
    home, resource = person
    return [home] if home else [site for site in catalogue.sites if site.resource(resource.id) is not None]
