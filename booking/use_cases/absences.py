"""Somebody is away: their visits go to colleagues who can take them at the same time, the rest onto the closure's list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from booking.queries.appointments import AppointmentView
from booking.queries.closure_lists import MOST_SHOWN, by_start, first_due
from booking.queries.other_resources import OtherResources
from booking.queries.rebook_lists import RebookList, references_of
from booking.use_cases.give_to_others import SeenVisit, give_to_others, who_could_take
from booking.use_cases.make_closure import NewClosure, affected_by, make_closure
from core.audit import Actor
from core.idempotency import IdempotencyKey
from core.runtime import Runtime
from locations.model import Catalogue, SiteFacts
from locations.session_facts import ClosureFacts


@dataclass(frozen=True)
class AbsencePreview:
    """Whom an absence affects: `fits` can be taken by somebody else at their own time, `others` cannot, by start.

    `affected` counts those as well who are not shown.
    """

    fits: tuple[OtherResources, ...]
    others: tuple[AppointmentView, ...]
    affected: int


@dataclass(frozen=True)
class Absence:
    """What came of an absence: the closure that was made for it, and how many visits a colleague has taken.

    It is not new where somebody had recorded the absence of this person already: then nobody takes anything.
    """

    closure_id: int | None
    taken: int
    is_new: bool = True


def preview_absence(db: Session, catalogue: Catalogue, away: NewClosure, now: datetime) -> AbsencePreview:
    """Whom the absence would affect, and who of them a colleague could take. Nothing is written. Raises: Invalid."""
    ids = affected_by(db, catalogue, away, now)
    views = by_start(db, catalogue, first_due(db, ids, MOST_SHOWN))
    without = _without(catalogue, away)
    found = who_could_take(db, without, views, now)
    taken = {one.appointment.id for one in found if one.resources}
    return AbsencePreview(
        fits=tuple(one for one in found if one.resources),
        others=tuple(view for view in views if view.id not in taken),
        affected=len(ids),
    )


def record_absence(
    runtime: Runtime,
    authority_id: int,
    away: NewClosure,
    visits: Sequence[SeenVisit],
    *,
    actor: Actor,
    idempotency: IdempotencyKey | None = None,
) -> Absence:
    """The absence, in force from the commit on; then each of these visits, in this order, goes to whoever can take it.

    Everybody affected is on the closure's list first, so whoever nobody can take any more stays there. Raises: Invalid,
    IdempotencyMismatch.
    """
    made = make_closure(runtime, authority_id, away, actor=actor, idempotency=idempotency, only_once=True)
    if not made.is_new:
        return Absence(made.id, 0, is_new=False)
    with runtime.database.reading() as db:
        affected = references_of(db, RebookList(authority_id, made.id))
    # Whatever was sent: a visit that does not belong to the absence is nobody's here to give away.
    own = [visit for visit in visits if visit.reference in affected]
    return Absence(made.id, give_to_others(runtime, authority_id, own, actor))


def _without(catalogue: Catalogue, away: NewClosure) -> Catalogue:
    """The catalogue as it would be while they are away."""
    return replace(catalogue, sites=tuple(_site_without(site, away) for site in catalogue.sites))


def _site_without(site: SiteFacts, away: NewClosure) -> SiteFacts:
    for resource in site.resources:
        if resource.slug == away.resource and (
            away.site == site.slug or (away.site is None and resource.is_council_wide)
        ):
            closure = ClosureFacts(away.starts_at, away.ends_at, resource.id)
            return replace(site, closures=(*site.closures, closure))
    return site
