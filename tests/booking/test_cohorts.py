"""A list is invited in waves: each person once, as many as fit, chased once, and everybody stands somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session

import booking.use_cases.send_waves as send_waves_module
from booking.events import appointment_changed, invitation_changed
from booking.importing.clashes import ImportRefused
from booking.invitations.cohort_queries import CohortView, cohort_members, cohort_view, matched_rows
from booking.invitations.cohort_rules import CohortChange, ListRow, NewCohort, Standing
from booking.invitations.invitation_queries import invitation_task_count
from booking.invitations.invitation_rules import BY_EMAIL, BY_LETTER, BY_TEXT
from booking.invitations.list_file import read_list
from booking.invitations.tables import Cohort, Invitation
from booking.use_cases.book import Booking, book
from booking.use_cases.change_cohort import change_cohort
from booking.use_cases.chase_invitations import chase_invitations
from booking.use_cases.invite import invite, withdraw_invitation
from booking.use_cases.invite_list import invite_list
from booking.use_cases.send_waves import send_waves
from core.database import Database
from core.errors import Invalid, NotFound, Stale
from core.idempotency import IdempotencyKey
from core.runtime import Runtime
from people.residents.tables import Resident
from reminders.invitation_mails import plan_invitation_mail
from reminders.invitation_tables import InvitationMail
from reminders.outbox import plan_notifications
from tests.booking.test_invitations import AT_TEN, WANTED, by_link, resident, wait
from tests.support.factories import AGENT, RESIDENT, World, catalogue, make_runtime, make_world, slot_key_at

FIRST, LAST = date(2026, 11, 24), date(2026, 12, 4)
NEW = NewCohort("Rent reviews", "certify", FIRST, LAST, per_wave=2)
WAYS = (BY_EMAIL, BY_TEXT, BY_LETTER)


@pytest.fixture(autouse=True)
def _planned() -> Iterator[None]:
    """Messages are planned, as in the application."""
    planned = invitation_changed.connected_to(plan_invitation_mail)
    with appointment_changed.connected_to(plan_notifications), planned:
        yield


def people(number: int) -> list[ListRow]:
    return [ListRow(n + 2, f"Person N{n}", email=f"p{n}@example.org") for n in range(number)]


def taken(database: Database, rows: list[ListRow], **changes: Any) -> tuple[World, Runtime, int]:
    """A world with a list of these people."""
    world, runtime = make_world(database, desks=2), make_runtime(database)
    resident(database, world)
    new = NewCohort(**{**NEW.__dict__, **changes})
    return world, runtime, invite_list(runtime, world.authority_id, new, rows, {}, actor=AGENT)


def seen(database: Database, world: World, cohort: int) -> CohortView:
    with database.reading() as db:
        return cohort_view(db, catalogue(database, world), cohort, None)


def counts(database: Database, world: World, cohort: int) -> dict[str, int]:
    """How many stand how, but for none."""
    return {one.value: number for one, number in seen(database, world, cohort).counts.items() if number}


def test_waves_go_when_their_date_comes_and_each_is_invited_once(database: Database) -> None:
    world, runtime, cohort = taken(database, people(5))
    assert counts(database, world, cohort) == {"waiting": 5}
    assert [send_waves(runtime, WAYS) for _ in range(3)] == [2, 0, 0]
    assert counts(database, world, cohort) == {"waiting": 3, "invited": 2}
    wait(runtime, timedelta(days=6))
    assert send_waves(runtime, WAYS) == 0
    wait(runtime, timedelta(days=1, hours=2))
    assert [send_waves(runtime, WAYS) for _ in range(2)] == [2, 0]
    with database.reading() as db:
        assert db.scalar(select(func.count()).select_from(InvitationMail)) == 4
    assert counts(database, world, cohort) == {"waiting": 1, "invited": 4}


def test_several_schedulers_at_once_invite_each_person_once(database: Database) -> None:
    world, runtime, cohort = taken(database, people(6), per_wave=6)
    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(lambda _: send_waves(runtime, WAYS), range(3))) <= 6
    send_waves(runtime, WAYS)
    with database.reading() as db:
        mails = db.scalars(select(InvitationMail.invitation_id)).all()
    assert len(mails) == len(set(mails)) == 6
    assert counts(database, world, cohort) == {"invited": 6}


def test_one_list_that_fails_stops_no_other(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    world, runtime, first = taken(database, people(2), per_wave=1)
    new = replace(NEW, name="Second", per_wave=1)
    second = invite_list(
        runtime, world.authority_id, new, [ListRow(2, "Sam Second", email="s@example.org")], {}, actor=AGENT
    )
    begin = send_waves_module._begin_wave

    def broken(of: Runtime, cohort_id: int, db: Session) -> int:
        if cohort_id == first:
            raise ValueError("a mistake of ours")
        return begin(of, cohort_id, db)

    monkeypatch.setattr(send_waves_module, "_begin_wave", broken)
    assert send_waves(runtime, WAYS) == 1
    assert counts(database, world, second) == {"invited": 1}
    assert counts(database, world, first) == {"waiting": 2}


def test_the_next_wave_goes_as_soon_as_everybody_has_answered(database: Database) -> None:
    world, runtime, cohort = taken(database, people(3), per_wave=1)
    assert send_waves(runtime, WAYS) == 1
    with database.reading() as db:
        first = db.scalars(select(Invitation).where(Invitation.state == "open")).one()
    book(runtime, by_link(world, first.resident_id, first.id), actor=RESIDENT)
    assert send_waves(runtime, WAYS) == 1
    assert counts(database, world, cohort) == {"waiting": 1, "invited": 1, "booked": 1}


def test_as_many_as_are_free_and_no_more(database: Database) -> None:
    weekend = {"first_date": date(2026, 11, 28), "last_date": date(2026, 11, 29)}
    world, runtime, cohort = taken(database, people(4), per_wave=None, **weekend)
    assert send_waves(runtime, WAYS) == 0, "on a weekend nothing is open"
    assert seen(database, world, cohort).row.nothing_free_at is not None
    with database.writing() as db:
        db.execute(update(Cohort).values(last_date=LAST))
    assert send_waves(runtime, WAYS) == 0, "it is tried again the day after"
    wait(runtime, timedelta(days=1, hours=2))
    assert send_waves(runtime, WAYS) == 4


def test_who_has_booked_before_their_wave_is_never_told(database: Database) -> None:
    world, runtime, cohort = taken(database, people(2), per_wave=1)
    with database.reading() as db:
        who = list(db.scalars(select(Invitation.resident_id).order_by(Invitation.id)))
    book(runtime, Booking(world.authority_id, "phone", who[0], slot_key_at(world, AT_TEN)), actor=AGENT)
    assert send_waves(runtime, WAYS) == 1
    assert counts(database, world, cohort) == {"booked": 1, "invited": 1}
    with database.reading() as db:
        assert [one.standing for one in cohort_members(db, cohort)] == [Standing.BOOKED, Standing.INVITED]
        assert [one.standing for one in cohort_members(db, cohort, Standing.BOOKED)] == [Standing.BOOKED]


def test_the_sum_is_the_number_of_people_whatever_becomes_of_them(database: Database) -> None:
    by_post = ListRow(10, "Lettie Post", address="1 Low Road", postcode="NW1 9QS")
    world, runtime, cohort = taken(database, [*people(2), ListRow(9, "Nobody Reaches"), by_post, *people(5)[4:]])
    for days in (0, 8):
        wait(runtime, timedelta(days=days))
        send_waves(runtime, WAYS)
    assert counts(database, world, cohort) == {"waiting": 1, "invited": 3, "to_ring": 1}
    with database.reading() as db:
        assert invitation_task_count(db, world.authority_id, None) == 1
        ids = db.scalars(select(Invitation.id).order_by(Invitation.id)).all()
        assert db.scalars(select(Invitation.told_by).where(Invitation.id == ids[3])).one() == BY_LETTER
    withdraw_invitation(runtime, world.authority_id, ids[0], actor=AGENT)
    withdraw_invitation(runtime, world.authority_id, ids[-1], actor=AGENT)
    assert counts(database, world, cohort) == {"invited": 2, "to_ring": 1, "withdrawn": 2}
    wait(runtime, timedelta(days=20))
    chase_invitations(runtime)
    assert counts(database, world, cohort) == {"unanswered": 3, "withdrawn": 2}


def test_who_never_had_a_wave_is_a_task_when_the_last_day_is_over(database: Database) -> None:
    world, runtime, cohort = taken(database, people(3), per_wave=1)
    send_waves(runtime, WAYS)
    wait(runtime, timedelta(days=20))
    send_waves(runtime, WAYS)
    chase_invitations(runtime)
    assert counts(database, world, cohort) == {"unanswered": 3}
    with database.reading() as db:
        assert invitation_task_count(db, world.authority_id, None) == 3


def test_pause_go_on_and_stop(database: Database) -> None:
    world, runtime, cohort = taken(database, people(4), per_wave=1)
    send_waves(runtime, WAYS)

    def change(what: CohortChange, version: int) -> None:
        change_cohort(runtime, world.authority_id, cohort, what, version, actor=AGENT, served=None)

    change(CohortChange.PAUSE, 1)
    wait(runtime, timedelta(days=8))
    assert send_waves(runtime, WAYS) == 0
    with pytest.raises(Stale):
        change(CohortChange.STOP, 1)
    change(CohortChange.RESUME, 2)
    assert send_waves(runtime, WAYS) == 1
    change(CohortChange.STOP, 3)
    assert counts(database, world, cohort) == {"invited": 2, "withdrawn": 2}
    change(CohortChange.WITHDRAW, 4)
    assert counts(database, world, cohort) == {"withdrawn": 4}
    other = make_world(database, slug="othershire")
    with pytest.raises(NotFound):
        change_cohort(runtime, other.authority_id, cohort, CohortChange.STOP, 5, actor=AGENT, served=None)


def test_all_of_a_list_is_taken_or_nobody_and_twice_is_once(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    robin, rows = resident(database, world), people(2)
    whose = (runtime, world.authority_id, NEW, rows)
    with pytest.raises(Invalid):
        invite_list(*whose, {2: robin, 3: robin}, actor=AGENT)
    with pytest.raises(Stale):
        invite_list(*whose, {2: robin + 999}, actor=AGENT)
    key = IdempotencyKey.of("staff:1", "k" * 20, b"body")
    made = [invite_list(*whose, {2: robin}, actor=AGENT, idempotency=key) for _ in range(2)]
    assert made[0] == made[1]
    with database.reading() as db:
        assert len(db.scalars(select(Resident)).all()) == 2
        assert len(db.scalars(select(Invitation)).all()) == 2
    with pytest.raises(Stale):
        invite_list(*whose, {2: robin}, actor=AGENT)
    with pytest.raises(Invalid):
        invite(runtime, world.authority_id, robin, WANTED, actor=AGENT)


def test_records_are_suggested_and_the_number_of_statements_does_not_grow(database: Database) -> None:
    world = make_world(database)
    robin = resident(database, world)
    rows = [
        ListRow(2, "robin sample", email="ROBIN@example.org"),
        ListRow(3, "Robin Sample", email="robin@example.org", phone="07700 900999"),
        ListRow(4, "Sam Other", email="robin@example.org"),
        ListRow(5, "Robin Sample", postcode="NW11 9QS"),
        ListRow(6, "Nobody Known", email="x@example.org"),
    ]
    statements = list[str]()
    event.listen(database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    numbers = []
    with database.reading() as db:
        found = matched_rows(db, world.authority_id, world.service_ids[0], rows)
        assert [one.suggested for one in found] == [robin, 0, 0, 0, 0]
        assert [len(one.known) for one in found] == [1, 1, 1, 1, 0]
        for some in (rows, [*rows, *people(300)]):
            statements.clear()
            matched_rows(db, world.authority_id, world.service_ids[0], some)
            numbers.append(len(statements))
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("name,email\nAnn Lee,ann@\n,b@example.org\n", [(2, "email"), (3, "name")]),
        ("name,colour\nAnn Lee,red\n", [(1, "colour")]),
        ("email\na@example.org\n", [(1, "name")]),
        ("name,language\nAnn Lee,french\n", [(2, "language")]),
        ("name,email\nAnn Lee,a@example.org\nann lee,A@example.org\n", [(3, "name")]),
        ("name,reference\nAnn Lee,HB1\nBo Ray,hb1\n", [(3, "reference")]),
        ("name,telephone\nAnn Lee,123\n", [(2, "telephone")]),
        ("", [(1, "")]),
        ("name\n", [(1, "")]),
    ],
)
def test_mistakes_are_named_by_line_and_column(text: str, mistakes: list[tuple[int, str]]) -> None:
    with pytest.raises(ImportRefused) as refused:
        read_list(text.encode(), ("en", "cy"))
    assert [(one.line, one.column) for one in refused.value.clashes] == mistakes


def test_a_line_is_read_with_all_its_columns() -> None:
    text = "Name;Email;Telephone;Address;Postcode;Language;Reference\n"
    text += "Ann Lee;Ann@Example.org;020 7946 0018;1 Low Road, Hendon;nw11 9qs;Welsh;HB 12\n"
    (row,) = read_list(text.encode(), ("en", "cy"))
    contact = ("Ann@example.org", "020 7946 0018", "1 Low Road\nHendon", "NW11 9QS")
    assert row == ListRow(2, "Ann Lee", *contact, "cy", "HB 12")
