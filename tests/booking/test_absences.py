"""An adviser is away: what colleagues can take they get, at the same place and time; everybody else is on the list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from booking.queries.appointments import by_reference
from booking.queries.closure_lists import people_of
from booking.queries.rebook_lists import RebookList
from booking.rebooking import RebookState
from booking.use_cases.absences import AbsencePreview, preview_absence, record_absence
from booking.use_cases.give_to_others import SeenVisit
from booking.use_cases.make_closure import NewClosure
from core.audit import Actor
from core.database import Database
from core.runtime import Runtime
from tests.support.factories import (
    NOW,
    World,
    catalogue,
    make_appointment,
    make_authority,
    make_resource,
    make_runtime,
    make_service,
    make_session,
    make_site,
)

MANAGER = Actor("staff", 1, "Maud Manager")
TOMORROW = datetime(2026, 11, 24, tzinfo=UTC)
SLOTS = [TOMORROW + timedelta(hours=9, minutes=30 * number) for number in range(8)]


@dataclass(frozen=True)
class Advice:
    """A site at which two people advise on benefits, and a third does not."""

    runtime: Runtime
    database: Database
    world: World
    is_council_wide: bool

    def seen_by(self, reference: str) -> int:
        """The id of whoever sees the visit."""
        with self.database.reading() as db:
            view = by_reference(db, catalogue(self.database, self.world), reference)
        return view.resources[0].id

    @property
    def away(self) -> NewClosure:
        """Ann is away tomorrow."""
        site = None if self.is_council_wide else "high-street"
        return NewClosure(TOMORROW, TOMORROW + timedelta(days=1), "Away", site=site, resource="ann")

    def preview(self) -> AbsencePreview:
        with self.database.reading() as db:
            return preview_absence(db, catalogue(self.database, self.world), self.away, NOW)


@pytest.fixture(params=[False, True], ids=["of-the-site", "of-the-council"])
def advice(database: Database, request: pytest.FixtureRequest) -> Advice:
    authority = make_authority(database)
    site = make_site(database, authority)
    home = None if request.param else site
    people = [
        make_resource(database, authority, home, slug, kind="adviser", skills=skills)
        for slug, skills in (("ann", ["benefits"]), ("ben", ["benefits"]), ("cat", ["housing"]))
    ]
    need = [{"kind": "adviser", "skills": ["benefits"]}]
    services = (make_service(database, authority, requirements=need),)
    make_session(database, authority, site, people, services)
    world = World(authority, site, tuple(people), services)
    return Advice(make_runtime(database), database, world, is_council_wide=request.param)


@pytest.mark.parametrize("seed", range(2))
def test_what_was_shown_is_what_happens_and_nobody_is_forgotten(advice: Advice, seed: int) -> None:
    random, ann = Random(seed), advice.world.resource_ids[0]
    starts = random.sample(SLOTS, 6) + random.sample(SLOTS, 3)
    references = []
    for starts_at in starts:
        references.append(make_appointment(advice.runtime, advice.world, starts_at).reference)
    hers = [reference for reference in references if advice.seen_by(reference) == ann]
    others = {reference: advice.seen_by(reference) for reference in references if reference not in hers}
    shown = advice.preview()
    fits = [one.appointment.reference for one in shown.fits]
    assert sorted([*fits, *(view.reference for view in shown.others)]) == sorted(hers)
    assert shown.affected == len(hers)
    assert all([resource.slug for resource in one.resources] == ["ben"] for one in shown.fits)
    assert [advice.seen_by(reference) for reference in hers] == [ann] * len(hers)  # nothing was written
    visits = [SeenVisit(one.appointment.reference, one.appointment.version) for one in shown.fits]
    done = record_absence(
        advice.runtime, advice.world.authority_id, advice.away, [*visits, SeenVisit("0000", 1)], actor=MANAGER
    )
    assert done.taken == len(fits)
    assert {reference for reference in hers if advice.seen_by(reference) != ann} == set(fits)
    assert {reference: advice.seen_by(reference) for reference in others} == others
    assert done.closure_id is not None
    with advice.database.reading() as db:
        listed_people = RebookList(advice.world.authority_id, done.closure_id)
        people = people_of(db, catalogue(advice.database, advice.world), listed_people, NOW)
    listed = {state: {one.appointment.reference for one in some} for state, some in people.items() if some}
    expected = {RebookState.MOVED: set(fits), RebookState.TO_RING: set(hers) - set(fits)}
    assert listed == {state: some for state, some in expected.items() if some}
    assert advice.preview().fits == ()


def test_a_visit_that_changed_since_it_was_shown_stays_on_the_list(advice: Advice) -> None:
    make_appointment(advice.runtime, advice.world, SLOTS[0])
    make_appointment(advice.runtime, advice.world, SLOTS[1])
    shown = advice.preview()
    stale = [SeenVisit(one.appointment.reference, one.appointment.version + 1) for one in shown.fits]
    done = record_absence(advice.runtime, advice.world.authority_id, advice.away, stale, actor=MANAGER)
    assert done.taken == 0
