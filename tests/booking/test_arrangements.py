"""Interpreters are asked for, and then confirmed or not possible: for one time, one language, and with the resident told."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from booking.arrangements import ArrangementState, arrangements_of, asked_again, decided
from booking.events import AppointmentChange, appointment_changed
from booking.queries.appointments import AppointmentView, by_reference
from booking.states import State
from booking.tables import Appointment
from booking.use_cases.arrange_need import Decision, arrange_need
from booking.use_cases.book import Booked
from booking.use_cases.change_details import Details, change_details
from booking.use_cases.reschedule import Move, reschedule
from core.audit import AuditEntry
from core.database import Database
from core.errors import IllegalMove, Invalid, NotFound, Stale
from core.idempotency import IdempotencyKey
from core.runtime import Runtime
from people.residents.details import NEEDS
from reminders.outbox import plan_notifications
from reminders.recipients import ARRANGEMENT, family_of
from reminders.tables import Notification
from tests.support.factories import AGENT, NOW, RESIDENT, World, catalogue, make_appointment, make_runtime, make_world
from tests.support.factories import slot_key_at as slot_at

ASKED, CONFIRMED, NOT_POSSIBLE, SPOKEN = ArrangementState
TEN = NOW.replace(hour=10)
ELEVEN = NOW.replace(hour=11)


@pytest.fixture(autouse=True)
def _wired() -> Iterator[None]:
    with appointment_changed.connected_to(plan_notifications):
        yield


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


@pytest.fixture
def runtime(database: Database) -> Runtime:
    return make_runtime(database)


@pytest.fixture
def booked(runtime: Runtime, world: World) -> Booked:
    """An appointment with a sign language interpreter and step-free access."""
    return make_appointment(runtime, world, TEN, support_needs=("bsl", "step-free"))


def view_of(runtime: Runtime, world: World, booked: Booked) -> AppointmentView:
    with runtime.database.reading() as db:
        return by_reference(db, catalogue(runtime.database, world), booked.reference)


def decide(runtime: Runtime, booked: Booked, state: ArrangementState, *, need: str = "bsl", version: int = 1) -> None:
    arrange_need(runtime, 1, booked.reference, Decision(need, state, version), actor=AGENT)


def messages(database: Database) -> dict[str, str]:
    """The messages about interpreters, with their statuses."""
    with database.reading() as db:
        rows = db.scalars(select(Notification).order_by(Notification.id)).all()
        return {row.kind: row.status for row in rows if family_of(row.kind) == ARRANGEMENT}


@pytest.mark.parametrize("need", NEEDS)
def test_only_what_is_arranged_has_a_state(need: str) -> None:
    expected = {need: ASKED} if need in ("bsl", "language", "welsh") else {}
    assert arrangements_of([need], []) == expected
    assert arrangements_of([need], [], spoken=[need]) == ({need: SPOKEN} if need == "welsh" else expected)


def test_the_last_decision_counts_and_each_need_has_its_own() -> None:
    decisions = decided(decided(decided([], "bsl", CONFIRMED), "language", CONFIRMED), "bsl", NOT_POSSIBLE)
    assert arrangements_of({"language", "bsl"}, decisions) == {"bsl": NOT_POSSIBLE, "language": CONFIRMED}
    again = asked_again(decisions, ["bsl", "step-free"])
    assert arrangements_of(["bsl", "language"], again) == {"bsl": ASKED, "language": CONFIRMED}
    assert asked_again(again, ["bsl"]) == again
    assert len(decisions) == 3


def test_a_decision_is_kept_told_once_and_on_the_record(runtime: Runtime, world: World, booked: Booked) -> None:
    before = view_of(runtime, world, booked)
    assert before.arrangements == {"bsl": ASKED}
    decide(runtime, booked, CONFIRMED)
    decide(runtime, booked, CONFIRMED)
    after = view_of(runtime, world, booked)
    assert after.arrangements == {"bsl": CONFIRMED}
    assert (after.version, after.stamp, after.changed_at) == (before.version, before.stamp, before.changed_at)
    assert messages(runtime.database) == {"arrangement_1": "pending"}
    with runtime.database.reading() as db:
        entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "arrangement_recorded")).one()
    assert (entry.actor_kind, entry.facts) == ("staff", {"number": 1, "state": "confirmed"})


def test_a_newer_decision_voids_the_message_that_was_not_sent_yet(runtime: Runtime, booked: Booked) -> None:
    decide(runtime, booked, CONFIRMED)
    decide(runtime, booked, NOT_POSSIBLE)
    assert messages(runtime.database) == {"arrangement_1": "void", "arrangement_2": "pending"}
    with runtime.database.writing() as db:
        for row in db.scalars(select(Notification).where(Notification.kind == "arrangement_2")):
            row.status = "sent"
    decide(runtime, booked, CONFIRMED)
    found = messages(runtime.database)
    assert found == {"arrangement_1": "void", "arrangement_2": "sent", "arrangement_3": "pending"}


def test_the_same_form_twice_is_one_decision(runtime: Runtime, booked: Booked) -> None:
    key = IdempotencyKey.of("staff:1", "form", b"x")
    for _ in range(2):
        decision = Decision("bsl", NOT_POSSIBLE, 1)
        arrange_need(runtime, 1, booked.reference, decision, actor=AGENT, idempotency=key)
    assert messages(runtime.database) == {"arrangement_1": "pending"}


def test_another_time_is_asked_for_anew(runtime: Runtime, world: World, booked: Booked) -> None:
    decide(runtime, booked, CONFIRMED)
    move = Move(slot_key=slot_at(world, ELEVEN))
    reschedule(runtime, world.authority_id, booked.reference, move, actor=RESIDENT, enforce_cutoff=True)
    assert view_of(runtime, world, booked).arrangements == {"bsl": ASKED}
    assert messages(runtime.database) == {"arrangement_1": "void"}
    with pytest.raises(Stale):
        decide(runtime, booked, CONFIRMED)
    decide(runtime, booked, CONFIRMED, version=2)
    assert messages(runtime.database) == {"arrangement_1": "void", "arrangement_3": "pending"}


def change(**details: object) -> Callable[[Runtime, Booked], None]:
    """The resident changes their needs."""

    def apply(runtime: Runtime, booked: Booked) -> None:
        change_details(runtime, 1, booked.reference, Details(**details), actor=RESIDENT)  # type: ignore[arg-type]

    return apply


@pytest.mark.parametrize(
    ("changes", "states"),
    [
        ([change(notes="Ring twice")], {"bsl": CONFIRMED}),
        ([change(support_needs=("bsl",))], {"bsl": CONFIRMED}),
        ([change(support_needs=())], {}),
        ([change(support_needs=()), change(support_needs=("bsl",))], {"bsl": ASKED}),
        ([change(support_needs=("bsl", "language"), language="Polish")], {"bsl": CONFIRMED, "language": ASKED}),
    ],
)
def test_what_stays_needed_stays_arranged(
    runtime: Runtime,
    world: World,
    booked: Booked,
    changes: list[Callable[[Runtime, Booked], None]],
    states: dict[str, ArrangementState],
) -> None:
    decide(runtime, booked, CONFIRMED)
    for one in changes:
        one(runtime, booked)
    assert view_of(runtime, world, booked).arrangements == states


def test_another_language_is_asked_for_anew(runtime: Runtime, world: World, booked: Booked) -> None:
    change(support_needs=("language",), language="Polish")(runtime, booked)
    decide(runtime, booked, CONFIRMED, need="language")
    change(support_needs=("language",), language="Polish")(runtime, booked)
    assert view_of(runtime, world, booked).arrangements == {"language": CONFIRMED}
    change(support_needs=("language",), language="Welsh")(runtime, booked)
    assert view_of(runtime, world, booked).arrangements == {"language": ASKED}


@pytest.mark.parametrize("need", ["step-free", "language", "nothing"])
def test_what_is_not_asked_for_cannot_be_decided(runtime: Runtime, booked: Booked, need: str) -> None:
    with pytest.raises(Stale):
        decide(runtime, booked, CONFIRMED, need=need)


def test_nothing_goes_back_to_being_asked(runtime: Runtime, booked: Booked) -> None:
    with pytest.raises(Invalid):
        decide(runtime, booked, ASKED)


@pytest.mark.parametrize("state", [state for state in State if state is not State.BOOKED])
def test_nothing_is_decided_of_what_is_over(runtime: Runtime, booked: Booked, state: State) -> None:
    with runtime.database.writing() as db:
        db.get_one(Appointment, booked.appointment_id).state = state.value
    with pytest.raises(IllegalMove):
        decide(runtime, booked, CONFIRMED)
    assert messages(runtime.database) == {}


def test_another_council_decides_nothing(runtime: Runtime, booked: Booked) -> None:
    other = make_world(runtime.database, slug="elsewhere")
    decision = Decision("bsl", CONFIRMED, 1)
    with pytest.raises(NotFound):
        arrange_need(runtime, other.authority_id, booked.reference, decision, actor=AGENT)


def test_a_change_announced_twice_is_told_once(runtime: Runtime, world: World, booked: Booked) -> None:
    decide(runtime, booked, CONFIRMED)
    change = AppointmentChange(world.authority_id, booked.appointment_id, 1, "arranged", NOW, arrangement=1)
    with runtime.database.writing() as db:
        plan_notifications(db, change)
    assert messages(runtime.database) == {"arrangement_1": "pending"}
