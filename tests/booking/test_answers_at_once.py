"""Two who answer for one appointment at the same moment, whoever they are: one is first, and the other finds it so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from booking.events import appointment_changed
from booking.proposals.tables import Proposal
from booking.rebooking import ProposalState
from booking.slot_tokens import decode
from booking.states import State
from booking.tables import Allocation, Appointment, Claim, Hold, RebookItem
from booking.use_cases.cancel import cancel
from booking.use_cases.change_resources import change_resources
from booking.use_cases.make_closure import NewClosure, lift_closure, make_closure
from booking.use_cases.offers import accept_offer, decline_proposal, make_offers, request_offers
from booking.use_cases.proposals import end_unanswered
from booking.use_cases.reschedule import Move, reschedule
from core.database import Database
from core.errors import ServiceError
from core.runtime import Runtime
from locations.default_values import ANSWER_HOURS
from people.residents.details import ResidentDetails
from reminders.outbox import plan_notifications
from reminders.reach_queries import can_be_told
from tests.support.factories import AGENT, NOW, RESIDENT, World, make_appointment, make_runtime, make_world, slot_key_at

IN_A_WEEK = NOW + timedelta(days=7, hours=1)  # 09:00
PEOPLE = 2  # on the list of each closure
UNANSWERED = "unanswered"
ANSWERS = ("accept", "decline", "move", "cancel", "other desk", "lift", UNANSWERED)
LATER = timedelta(hours=ANSWER_HOURS + 1)


@dataclass(frozen=True)
class Case:
    """A closure with an offer for each of its people, and one of these, who answers."""

    runtime: Runtime
    world: World
    closure: int
    reference: str

    def answers(self) -> dict[str, Callable[[], object]]:
        authority_id, runtime, reference = self.world.authority_id, self.runtime, self.reference
        elsewhere = slot_key_at(self.world, IN_A_WEEK + timedelta(days=7))
        later = make_runtime(runtime.database, runtime.clock.now() + LATER)
        return {
            "accept": lambda: accept_offer(runtime, authority_id, reference, actor=RESIDENT),
            "decline": lambda: decline_proposal(runtime, authority_id, reference, actor=RESIDENT),
            "move": lambda: reschedule(
                runtime, authority_id, reference, Move(elsewhere), actor=RESIDENT, enforce_cutoff=True
            ),
            "cancel": lambda: cancel(
                runtime, authority_id, reference, actor=RESIDENT, by="resident", enforce_cutoff=False
            ),
            "other desk": lambda: change_resources(runtime, authority_id, reference, actor=AGENT, version=1),
            "lift": lambda: lift_closure(runtime, authority_id, self.closure, actor=AGENT),
            UNANSWERED: lambda: end_unanswered(later),
        }


@pytest.fixture(autouse=True)
def _planned() -> object:
    """Messages are planned, as in the application."""
    with appointment_changed.connected_to(plan_notifications):
        yield


def make_case(runtime: Runtime, slug: str) -> Case:
    """A council of its own, whose site is shut while it has visits."""
    world = make_world(runtime.database, desks=2, slug=slug)
    references = [
        make_appointment(
            runtime,
            world,
            IN_A_WEEK + timedelta(minutes=30 * number),
            resident=ResidentDetails(f"Robin {number}", email=f"robin.{number}@example.org"),
        ).reference
        for number in range(PEOPLE)
    ]
    shut = NewClosure(IN_A_WEEK, IN_A_WEEK + timedelta(hours=2), site="high-street")
    closure = make_closure(runtime, world.authority_id, shut, actor=AGENT).id or 0
    request_offers(runtime, world.authority_id, closure, actor=AGENT)
    assert make_offers(runtime, can_be_told, closure_id=closure) == PEOPLE
    return Case(runtime, world, closure, references[-1])


def both(case: Case, names: tuple[str, str]) -> list[str]:
    """What came of two answers at once: nothing, or the code of the error."""
    gate = Barrier(2)

    def answer(name: str) -> str:
        gate.wait(30)
        try:
            case.answers()[name]()
        except ServiceError as error:
            return error.code
        return ""

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(answer, names))


def wrongs(database: Database, case: Case, now: datetime) -> list[str]:
    """What does not fit together afterwards."""
    found, authority_id = [], case.world.authority_id
    with database.reading() as db:
        claims: defaultdict[int | None, list[int]] = defaultdict(list)
        for owner, unit in db.execute(
            select(Allocation.appointment_id, Claim.unit).join(Allocation, Allocation.id == Claim.allocation_id)
        ):
            claims[owner].append(unit)
        for row in db.scalars(select(Appointment).where(Appointment.authority_id == authority_id)):
            first, length = decode(row.slot_token).start_unit, int((row.ends_at - row.starts_at).total_seconds()) // 300
            expected = list(range(first, first + length)) if row.state == State.BOOKED else []
            if sorted(claims[row.id]) != expected:
                found.append("claims of another time than the appointment's")
        holds = db.scalars(select(Hold.id).where(Hold.authority_id == authority_id, Hold.expires_at > now)).all()
        is_open = (Proposal.authority_id == authority_id, Proposal.state == ProposalState.OPEN.value)
        if set(holds) != set(db.scalars(select(Proposal.hold_id).where(*is_open))):
            found.append("a time that is held for nobody, or a proposal without one")
        row = db.scalars(select(Appointment).where(Appointment.reference == case.reference)).one()
        item = db.scalars(select(RebookItem).where(RebookItem.appointment_id == row.id)).one()
        proposal = db.scalars(select(Proposal).where(Proposal.appointment_id == row.id)).one()
    if (proposal.state == "accepted") != (item.state == "accepted"):
        found.append(f"accepted by half: {row.state} {proposal.state} {item.state}")
    if (item.closed_at is None) != (item.state in ("offered", "to_ring", "declined")):
        found.append(f"closed by half: {item.state}")
    return found


@pytest.mark.databases("postgresql")  # SQLite has one writer at a time
@pytest.mark.parametrize("first", ["accept", "lift", UNANSWERED])
def test_of_two_answers_at_once_one_is_first(database: Database, first: str) -> None:
    runtime, found = make_runtime(database), []
    for number, second in enumerate(ANSWERS):
        case = make_case(runtime, f"council-{number}")
        codes = both(case, (first, second))
        found += [
            f"{second}: {codes} {one}"
            for one in wrongs(database, case, NOW + LATER if UNANSWERED in (first, second) else NOW)
        ]
        if all(codes):
            found.append(f"{second}: nobody was first, {codes}")
    assert found == []
