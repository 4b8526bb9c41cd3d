"""A colleague leaves: their account ends, nobody can book them any more, and who is booked with them is listed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

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


def deactivate_colleague(runtime: Runtime, staff: SignedInStaff, staff_id: int, *, reason: str = "") -> int | None:
    """End the account; with it the adviser whom they are in the plan is shut: the id of the closure that does so, if any.

    `reason` is what colleagues read of it. Raises: Invalid (the last administrator), NotFound.
    """

    def operation(db: Session) -> int | None:
        change = begin_change(db, staff, runtime.clock.now())
        accounts.deactivate_staff(db, change.colleague(staff_id).email, actor=change.actor, now=change.now)
        return _shut(change, staff_id, reason)

    return run_with_retries(runtime.database, operation)


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


def _shut(change: Change, staff_id: int, reason: str) -> int | None:
    """The closure of whom they are in the plan: one that goes on as long as anything can be booked, or a new one."""
    db, authority_id = change.db, change.staff.authority_id
    catalogue = catalogue_by_id(db, authority_id)
    away = absence_of(db, catalogue, staff_id, change.now, reason)
    if away is None:
        return None
    furthest = change.now + timedelta(days=catalogue.authority.horizon_days + 1)
    known = closure_like(db, catalogue, replace(away, ends_at=furthest), change.now)
    return known or shut(db, authority_id, away, change.actor, change.now, only_once=True).id


def people_of_plan(catalogue: Catalogue) -> list[PersonOfPlan]:
    """Every adviser and interpreter: those of the council, and then those of each site."""
    wide: list[PersonOfPlan] = [(None, person) for person in catalogue.people]
    own = ((site, one) for site in catalogue.sites for one in site.resources if not one.is_council_wide)
    return [*wide, *((site, one) for site, one in own if one.kind in PERSON_KINDS)]


def absence_of(db: Session, catalogue: Catalogue, staff_id: int, now: datetime, reason: str = "") -> NewClosure | None:
    """What is shut when somebody leaves now; None for who is nobody in the plan."""
    resource_id = adviser_of_staff(db, staff_id)
    found = next((one for one in people_of_plan(catalogue) if one[1].id == resource_id), None)
    if found is None:
        return None
    site, person = found
    ends_at = now + timedelta(days=LONGEST_DAYS - 1)
    return NewClosure(now, ends_at, reason, site=site.slug if site else None, resource=person.slug)


def visits_to_come(db: Session, catalogue: Catalogue, staff_id: int, now: datetime) -> int:
    """How many people are booked with whom the member of staff is in the plan."""
    away = absence_of(db, catalogue, staff_id, now)
    return len(affected_by(db, catalogue, away, now)) if away else 0
