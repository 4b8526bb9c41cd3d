"""Waves leave what others may still pick, stop where nothing is given, and end; and nobody is made a record by chance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from booking.events import invitation_changed
from booking.invitations.cohort_queries import matched_rows
from booking.invitations.cohort_rules import CohortChange, ListRow, Standing, Wish
from booking.invitations.invitation_queries import invitation_task_count
from booking.invitations.invitation_rules import BY_EMAIL, BY_VOICE
from booking.invitations.tables import Cohort, Invitation
from booking.use_cases.change_cohort import change_cohort
from booking.use_cases.invite_list import invite_list
from booking.use_cases.send_waves import send_waves
from core.database import Database
from core.errors import Invalid
from locations.catalogue_queries import bump_plan
from locations.tables import Service
from people.residents.details import phone_key
from people.residents.tables import Resident
from reminders.invitation_mails import plan_invitation_mail
from tests.booking.test_cohorts import FIRST, LAST, NEW, WAYS, counts, people, seen, taken
from tests.booking.test_invitations import resident, wait
from tests.support.factories import AGENT, make_runtime, make_world

ONE_DAY = {"first_date": FIRST, "last_date": FIRST}


@pytest.fixture(autouse=True)
def _planned() -> Iterator[None]:
    """Messages are planned, as in the application."""
    with invitation_changed.connected_to(plan_invitation_mail):
        yield


@pytest.mark.parametrize(("desks", "turnaround", "fit"), [(1, 0, 8), (2, 0, 16), (1, 20, 6)])
def test_as_many_are_invited_as_visits_fit_and_not_as_there_are_starts(
    database: Database, desks: int, turnaround: int, fit: int
) -> None:
    world, runtime = make_world(database, desks=desks), make_runtime(database)
    lasts = {"grid_minutes": 5, "duration_minutes": 60, "turnaround_minutes": turnaround}
    resident(database, world)
    with database.writing() as db:
        db.execute(update(Service).values(lasts))
    new = replace(NEW, per_wave=None, first_date=FIRST, last_date=FIRST)
    invite_list(runtime, world.authority_id, new, people(100), {}, actor=AGENT)
    assert send_waves(runtime, WAYS) == fit


def test_two_lists_for_one_service_do_not_invite_for_the_same_free_times(database: Database) -> None:
    world, runtime, first = taken(database, people(300), per_wave=None, **ONE_DAY)
    rows = [ListRow(n + 2, f"Other N{n}", email=f"o{n}@example.org") for n in range(300)]
    new = replace(NEW, name="Second", per_wave=None, first_date=FIRST, last_date=FIRST)
    invite_list(runtime, world.authority_id, new, rows, {}, actor=AGENT)
    alone = replace(new, name="Elsewhere", first_date=LAST, last_date=LAST)
    third = invite_list(runtime, world.authority_id, alone, [ListRow(2, "Third One")], {}, actor=AGENT)
    send_waves(runtime, WAYS)
    with database.reading() as db:
        waves = select(Invitation.cohort_id, func.count()).where(Invitation.wave.is_not(None))
        given = {one.cohort_id: one[1] for one in db.execute(waves.group_by(Invitation.cohort_id))}
    assert set(given) == {first, third}, "the second waits for what the first leaves"
    assert seen(database, world, first).counts[Standing.WAITING] > 0


def test_a_list_that_is_paused_past_its_last_day_ends(database: Database) -> None:
    world, runtime, cohort = taken(database, people(3), per_wave=1)
    send_waves(runtime, WAYS)
    change_cohort(runtime, world.authority_id, cohort, CohortChange.PAUSE, 1, actor=AGENT, served=None)
    wait(runtime, LAST - FIRST)
    send_waves(runtime, WAYS)
    assert counts(database, world, cohort)["waiting"] == 2, "until the last day it may go on"
    wait(runtime, timedelta(days=20))
    assert send_waves(runtime, WAYS) == 0
    assert counts(database, world, cohort) == {"unanswered": 2, "invited": 1}
    with database.reading() as db:
        assert invitation_task_count(db, world.authority_id, None) == 2
        never = select(Invitation).where(Invitation.cohort_id == cohort, Invitation.wave.is_(None))
        assert all(one.closed_at for one in db.scalars(never))


def test_who_has_a_wave_that_is_not_sent_when_the_list_is_paused_ends_with_it(database: Database) -> None:
    world, runtime, cohort = taken(database, people(1), per_wave=1)
    with database.writing() as db:
        db.execute(update(Invitation).values(wave=1))
        db.execute(update(Cohort).values(next_wave_at=None))
    change_cohort(runtime, world.authority_id, cohort, CohortChange.PAUSE, 1, actor=AGENT, served=None)
    wait(runtime, timedelta(days=40))
    send_waves(runtime, WAYS)
    assert counts(database, world, cohort) == {"unanswered": 1}


def test_nobody_is_invited_for_a_service_that_has_ended(database: Database) -> None:
    world, runtime, cohort = taken(database, people(4), per_wave=1)
    with database.writing() as db:
        db.execute(update(Service).values(closed_from=FIRST))
        bump_plan(db, world.authority_id)
    assert send_waves(runtime, WAYS) == 0
    assert counts(database, world, cohort) == {"waiting": 4}
    assert seen(database, world, cohort).row.nothing_free_at is not None
    with database.writing() as db:
        db.execute(update(Service).values(closed_from=None))
        bump_plan(db, world.authority_id)
    wait(runtime, timedelta(days=1, hours=2))
    assert send_waves(runtime, WAYS) == 1, "it is tried again the day after"


def test_who_has_a_wave_that_is_not_sent_when_the_service_ends_is_not_told(database: Database) -> None:
    world, runtime, cohort = taken(database, people(2), per_wave=1)
    with database.writing() as db:
        db.execute(update(Invitation).values(wave=1))
        db.execute(update(Service).values(closed_from=FIRST))
        bump_plan(db, world.authority_id)
    assert send_waves(runtime, WAYS) == 0
    assert counts(database, world, cohort) == {"waiting": 2}


def test_nobody_who_may_be_in_the_records_is_made_anew_unless_it_is_chosen(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    robin = resident(database, world)
    with database.writing() as db:
        row = db.get_one(Resident, robin)
        row.email, row.phone, row.phone_key = "safe@example.org", "07700 900123", phone_key("07700 900123")
        row.contact_preference, row.do_not_text, row.safe_hours = "none", True, "09:00-10:00"
        name = row.name
    line = ListRow(2, name, email="old@example.org", phone="07700 900123")
    whose = (runtime, world.authority_id, NEW, [line, *people(2)[1:]])
    with database.reading() as db:
        match = matched_rows(db, world.authority_id, world.service_ids[0], [line])[0]
    assert match.suggested == 0
    assert [(one.id, tuple(one.wants)) for one in match.known] == [(robin, tuple(Wish))]
    with pytest.raises(Invalid) as refused:
        invite_list(*whose, {}, actor=AGENT)
    assert "line_2" in refused.value.errors
    invite_list(*whose, {2: robin}, actor=AGENT)
    send_waves(runtime, WAYS)
    with database.reading() as db:
        told = {one.resident_id: one.told_by for one in db.scalars(select(Invitation))}
        assert told.pop(robin) == BY_VOICE
        assert list(told.values()) == [BY_EMAIL]
        assert len(db.scalars(select(Resident)).all()) == 2


def test_of_two_records_with_the_same_name_and_contact_none_is_suggested(database: Database) -> None:
    world = make_world(database)
    both = [resident(database, world) for _ in range(2)]
    with database.reading() as db:
        name, email = db.execute(select(Resident.name, Resident.email).where(Resident.id == both[0])).one()
        rows = [ListRow(2, name, email=email)]
        match = matched_rows(db, world.authority_id, world.service_ids[0], rows)[0]
    assert [one.id for one in match.known] == both
    assert match.suggested == 0
